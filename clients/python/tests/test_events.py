"""Following events: nothing is missed and nothing comes twice, whatever happens to the engine."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import cast

import grpc
import pytest
from conftest import Restartable
from engine import Engine
from flopynet.policy.v1.event_pb2 import Event, EventFilter, EventSeverity
from flopynet.policy.v1.event_service_pb2 import StreamEventsRequest, StreamEventsResponse

from flopynet_policy import AsyncPolicyClient, PolicyClient, PolicyError

ROUND_COMPLETED = "ROUND_COMPLETED"
OF_ROUNDS = StreamEventsRequest(filter=EventFilter(event_types=[ROUND_COMPLETED]))
INTERRUPTIONS = {
    "the engine is restarted": Restartable.restart,
    "the engine is killed": Restartable.crash,
}
every_interruption = pytest.mark.parametrize(
    "interrupt", INTERRUPTIONS.values(), ids=INTERRUPTIONS.keys()
)


def round_completed(number: int) -> Event:
    return Event(
        source_component="FL_SERVER",
        event_type=ROUND_COMPLETED,
        severity=EventSeverity.EVENT_SEVERITY_INFO,
        details={"round": number},
    )


def publish(address: str, numbers: range) -> None:
    with PolicyClient(address) as publisher:
        for number in numbers:
            stored = publisher.publish_event(round_completed(number))
            assert stored.sequence > 0


def rounds_of(message: StreamEventsResponse) -> list[int]:
    return [int(cast(float, event.details["round"])) for event in message.events]


def take(messages: Iterator[StreamEventsResponse], count: int) -> list[int]:
    rounds: list[int] = []
    while len(rounds) < count:
        message = next(messages)
        assert not message.HasField("lost")
        rounds += rounds_of(message)
    return rounds


async def take_async(messages: AsyncIterator[StreamEventsResponse], count: int) -> list[int]:
    rounds: list[int] = []
    while len(rounds) < count:
        message = await anext(messages)
        assert not message.HasField("lost")
        rounds += rounds_of(message)
    return rounds


@every_interruption
def test_a_follower_gets_every_event_once_though(
    engines: Restartable, interrupt: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(interrupt)
    with (
        PolicyClient(engines.address) as client,
        closing(client.stream_events(OF_ROUNDS)) as messages,
    ):
        assert rounds_of(next(messages)) == []  # The stream is open.
        publish(engines.address, range(0, 5))
        rounds = take(messages, 5)
        interrupt(engines)
        publish(engines.address, range(5, 10))
        rounds += take(messages, 5)
    assert rounds == list(range(10))
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


@every_interruption
async def test_an_asyncio_follower_gets_every_event_once_though(
    engines: Restartable, interrupt: object
) -> None:
    assert callable(interrupt)
    async with (
        AsyncPolicyClient(engines.address) as client,
        aclosing(client.stream_events(OF_ROUNDS)) as messages,
    ):
        assert rounds_of(await anext(messages)) == []
        publish(engines.address, range(0, 5))
        rounds = await take_async(messages, 5)
        interrupt(engines)
        publish(engines.address, range(5, 10))
        rounds += await take_async(messages, 5)
    assert rounds == list(range(10))


def test_a_follower_that_kept_its_cursor_goes_on_there(engines: Restartable) -> None:
    with PolicyClient(engines.address) as client:
        with closing(client.stream_events(OF_ROUNDS)) as messages:
            cursor = next(messages).cursor
        publish(engines.address, range(0, 3))
        engines.restart()
        again = StreamEventsRequest(filter=OF_ROUNDS.filter, after_cursor=cursor)
        with closing(client.stream_events(again)) as messages:
            assert take(messages, 3) == [0, 1, 2]


def test_the_newest_events_come_first_where_they_are_asked_for(engines: Restartable) -> None:
    publish(engines.address, range(0, 4))
    newest = StreamEventsRequest(filter=OF_ROUNDS.filter, last=2)
    with PolicyClient(engines.address) as client, closing(client.stream_events(newest)) as messages:
        assert take(messages, 2) == [2, 3]


async def test_what_another_attempt_cannot_mend_is_raised(
    engine: Engine, client: PolicyClient
) -> None:
    nonsense = StreamEventsRequest(after_cursor="nonsense")
    with pytest.raises(PolicyError) as caught:
        next(client.stream_events(nonsense))
    async with AsyncPolicyClient(engine.address) as asynchronous:
        with pytest.raises(PolicyError) as caught_asynchronously:
            await anext(asynchronous.stream_events(nonsense))
    assert caught.value.reason == "CURSOR_INVALID"
    assert caught_asynchronously.value.reason == "CURSOR_INVALID"


def test_a_log_that_is_gone_is_raised_and_not_followed_from_anywhere(engines: Restartable) -> None:
    with (
        PolicyClient(engines.address) as client,
        closing(client.stream_events(OF_ROUNDS)) as messages,
    ):
        next(messages)
        engines.start_with_a_new_log()
        with pytest.raises(PolicyError) as caught:
            take(messages, 1)
    assert caught.value.reason == "CURSOR_OF_ANOTHER_LOG"


def test_an_engine_that_was_never_there_is_raised() -> None:
    with PolicyClient("127.0.0.1:1") as client, pytest.raises(PolicyError) as caught:
        next(client.stream_events())
    assert caught.value.code == grpc.StatusCode.UNAVAILABLE
