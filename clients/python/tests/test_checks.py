"""What a check answers, and what it fails with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from engine import Engine
from flopynet.policy.v1.decision_pb2 import DenyKind
from flopynet.policy.v1.decision_service_pb2 import CheckConnectionRequest, CheckPolicyRequest

from flopynet_policy import AsyncPolicyClient, FieldViolation, PolicyClient, PolicyError

ALLOWED = DenyKind.DENY_KIND_UNSPECIFIED
CONNECTIONS = {
    "a client may reach the server's port": (8080, ALLOWED),
    "a deny rule is an answer": (22, DenyKind.DENY_KIND_EXPLICIT),
    "what no rule permits is denied": (9999, DenyKind.DENY_KIND_DEFAULT),
}
UNREACHABLE = "127.0.0.1:1"


def to_server(dst_port: int) -> CheckConnectionRequest:
    return CheckConnectionRequest(
        src_type="fl-client", dst_type="fl-server", protocol="tcp", dst_port=dst_port
    )


EVERY_CONNECTION = [to_server(dst_port) for dst_port, _ in CONNECTIONS.values()]
EVERY_ANSWER = [deny_kind for _, deny_kind in CONNECTIONS.values()]


@pytest.mark.parametrize(("dst_port", "deny_kind"), CONNECTIONS.values(), ids=CONNECTIONS.keys())
async def test_a_connection_is_checked_alike_by_both_clients(
    engine: Engine, client: PolicyClient, dst_port: int, deny_kind: DenyKind
) -> None:
    async with AsyncPolicyClient(engine.address) as asynchronous:
        answers = [
            client.check_connection(to_server(dst_port)),
            await asynchronous.check_connection(to_server(dst_port)),
        ]
    assert [answer.deny_kind for answer in answers] == [deny_kind, deny_kind]
    assert [answer.allowed for answer in answers] == [deny_kind == ALLOWED] * 2


def test_batches_and_streams_answer_in_the_order_of_the_questions(client: PolicyClient) -> None:
    batch = client.batch_check_connections(EVERY_CONNECTION)
    stream = client.stream_check_connections(iter(EVERY_CONNECTION))
    assert [answer.deny_kind for answer in batch] == EVERY_ANSWER
    assert [answer.deny_kind for answer in stream] == EVERY_ANSWER


async def test_asyncio_batches_and_streams_do_too(engine: Engine) -> None:
    async def one_by_one() -> AsyncIterator[CheckConnectionRequest]:
        for question in EVERY_CONNECTION:
            yield question

    async with AsyncPolicyClient(engine.address) as client:
        batch = await client.batch_check_connections(EVERY_CONNECTION)
        from_list = [each async for each in client.stream_check_connections(EVERY_CONNECTION)]
        from_iterator = [each async for each in client.stream_check_connections(one_by_one())]
    for answers in (batch, from_list, from_iterator):
        assert [answer.deny_kind for answer in answers] == EVERY_ANSWER


def test_an_invalid_item_of_a_batch_is_answered_and_the_others_go_on(client: PolicyClient) -> None:
    invalid = CheckConnectionRequest(dst_port=70_000)
    kinds = [
        each.deny_kind for each in client.batch_check_connections([invalid, *EVERY_CONNECTION])
    ]
    assert kinds == [DenyKind.DENY_KIND_INVALID_REQUEST, *EVERY_ANSWER]


def test_a_stream_that_is_left_early_ends(client: PolicyClient) -> None:
    answers = client.stream_check_connections(EVERY_CONNECTION[0] for _ in range(100_000))
    assert next(answers).allowed
    answers.close()
    assert client.check_connection(EVERY_CONNECTION[0]).allowed


async def test_a_policy_answers_with_its_parameters(engine: Engine, client: PolicyClient) -> None:
    late = CheckPolicyRequest(policy_type="fl_training_parameters", context={"current_round": 11})
    early = CheckPolicyRequest(policy_type="fl_training_parameters", context={"current_round": 3})
    assert client.check_policy(late).parameters["learning_rate"] == 0.001
    batch = client.batch_check_policies([late, early])
    async with AsyncPolicyClient(engine.address) as asynchronous:
        assert (await asynchronous.check_policy(late)).parameters["learning_rate"] == 0.001
        asynchronous_batch = await asynchronous.batch_check_policies([late, early])
    for answers in (batch, asynchronous_batch):
        assert [answer.HasField("parameters") for answer in answers] == [True, False]


async def test_an_error_says_what_the_engine_said(engine: Engine, client: PolicyClient) -> None:
    with pytest.raises(PolicyError) as caught:
        client.check_connection(CheckConnectionRequest(dst_port=70_000))
    async with AsyncPolicyClient(engine.address) as asynchronous:
        with pytest.raises(PolicyError) as caught_asynchronously:
            await asynchronous.check_connection(CheckConnectionRequest(dst_port=70_000))
    for error in (caught.value, caught_asynchronously.value):
        assert error.code == grpc.StatusCode.INVALID_ARGUMENT
        assert error.reason == "REQUEST_INVALID"
        assert [violation.field for violation in error.field_violations] == ["dst_port"]
        assert isinstance(error.field_violations[0], FieldViolation)
        assert not error.is_passing
        assert str(error).startswith("REQUEST_INVALID: dst_port must be")


async def test_an_engine_that_is_away_is_an_error_and_no_permission() -> None:
    with PolicyClient(UNREACHABLE) as client, pytest.raises(PolicyError) as caught:
        client.check_connection(EVERY_CONNECTION[0])
    async with AsyncPolicyClient(UNREACHABLE) as asynchronous:
        with pytest.raises(PolicyError) as caught_asynchronously:
            await asynchronous.check_connection(EVERY_CONNECTION[0])
    for error in (caught.value, caught_asynchronously.value):
        assert error.code == grpc.StatusCode.UNAVAILABLE
        assert error.reason == ""
        assert error.is_passing
