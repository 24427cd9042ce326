"""Reporting rounds: what the engine makes of them, and what no mishap can do to them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import grpc
import numpy as np
import pytest
from conftest import Restartable
from engine import Engine
from flopynet.policy.v1.decision_pb2 import DenyKind, TrustState
from flopynet.policy.v1.decision_service_pb2 import CheckConnectionRequest
from flopynet.policy.v1.event_pb2 import EventFilter
from flopynet.policy.v1.event_service_pb2 import StreamEventsRequest
from flopynet.policy.v1.trust_service_pb2 import (
    EvaluateTrustRequest,
    ListTrustScoresRequest,
    ReportObservationsRequest,
    ReportObservationsResponse,
)
from flopynet.policy.v1.trust_service_pb2_grpc import (
    TrustServiceServicer,
    TrustServiceStub,
    add_TrustServiceServicer_to_server,
)
from flopynet.policy.v1.trust_types_pb2 import UpdateOutcome
from numpy.typing import NDArray

from flopynet_policy import (
    AsyncPolicyClient,
    ClientUpdate,
    PolicyClient,
    PolicyError,
    TrustReporter,
)

SIZE = 40
EXCLUDED = TrustState.TRUST_STATE_EXCLUDED


class Federation:
    """Ten clients of one run, two of which push twice as hard in the opposite direction."""

    def __init__(self) -> None:
        self.run_id = f"run-{uuid4()}"
        self.clients = [f"{self.run_id}-c{number}" for number in range(10)]
        self.attackers = self.clients[:2]
        self.honest = self.clients[2:]

    def updates(self, round_number: int) -> dict[str, NDArray[np.float64]]:
        randomness = np.random.default_rng(round_number)
        common = randomness.normal(size=SIZE)
        return {
            client: (-2 if client in self.attackers else 1)
            * (common + 0.3 * randomness.normal(size=SIZE))
            for client in self.clients
        }

    def reporter(self, client: PolicyClient) -> TrustReporter:
        return TrustReporter(client, run_id=self.run_id, reporter="server")


def completed(updates: Mapping[str, NDArray[np.float64]]) -> list[ClientUpdate]:
    return [
        ClientUpdate(client_id=client_id, update=update, num_examples=100, latency_ms=250.0)
        for client_id, update in updates.items()
    ]


def without_updates(clients: Sequence[str]) -> list[ClientUpdate]:
    return [ClientUpdate(client_id=client_id, update=None) for client_id in clients]


@pytest.fixture
def federation() -> Federation:
    return Federation()


def test_a_round_is_reported_in_one_call(client: PolicyClient, federation: Federation) -> None:
    report = federation.reporter(client).report_round(
        1, federation.clients, completed(federation.updates(1))
    )
    assert (report.accepted, report.duplicates, report.late) == (12, 0, 0)
    assert report.rejected == ()
    assert set(report.trust) == set(federation.clients)
    for client_id in federation.clients:
        evaluated = client.evaluate_trust(EvaluateTrustRequest(client_id=client_id))
        assert evaluated.round == 1
        assert evaluated.trust_score == report.trust[client_id].trust_score
        assert (evaluated.trust_score > 0.5) == (client_id in federation.honest)
        assert report.weight_multiplier(client_id) == evaluated.weight_multiplier


async def test_attackers_are_excluded_and_nobody_else(
    engine: Engine, client: PolicyClient, federation: Federation
) -> None:
    of_attackers = EventFilter(event_types=["TRUST_CHANGED"], client_ids=federation.attackers)
    reporter = federation.reporter(client)
    for round_number in range(1, 9):
        report = reporter.report_round(
            round_number, federation.clients, completed(federation.updates(round_number))
        )
    assert {each for each, trust in report.trust.items() if trust.is_excluded} == set(
        federation.attackers
    )
    usual = [report.comparisons[each].norm_ratio or 0.0 for each in federation.honest]
    assert np.median(usual) == pytest.approx(1.0)  # They have no say in it any more.
    assert {report.weight_multiplier(each) for each in federation.attackers} == {0.0}
    assert {report.weight_multiplier(each) for each in federation.honest} == {1.0}
    for client_id in federation.attackers:
        answer = client.check_connection(
            CheckConnectionRequest(
                src_type="fl-client", dst_type="fl-server", dst_port=8080, client_id=client_id
            )
        )
        assert answer.deny_kind == DenyKind.DENY_KIND_NOT_TRUSTED
    with closing(
        client.stream_events(StreamEventsRequest(filter=of_attackers, last=100))
    ) as messages:
        told = next(message for message in messages if message.events)
    assert {event.client_id for event in told.events} == set(federation.attackers)
    async with AsyncPolicyClient(engine.address) as asynchronous:
        listed = await asynchronous.list_trust_scores(ListTrustScoresRequest(states=[EXCLUDED]))
        evaluated = await asynchronous.evaluate_trust(
            EvaluateTrustRequest(client_id=federation.attackers[0])
        )
    assert set(federation.attackers) <= {score.client_id for score in listed}
    assert evaluated.excluded


def test_an_update_that_is_no_number_is_a_failure_and_weighs_nothing(
    client: PolicyClient, federation: Federation
) -> None:
    broken = federation.honest[0]
    updates = federation.updates(1) | {broken: np.full(SIZE, np.nan)}
    report = federation.reporter(client).report_round(1, federation.clients, completed(updates))
    assert report.rejected == ()
    assert report.unusable == {broken}
    assert report.weight_multiplier(broken) == 0.0
    evaluated = client.evaluate_trust(EvaluateTrustRequest(client_id=broken, explain=True))
    assert [
        observation.update_reported.outcome
        for contribution in evaluated.contributions
        if contribution.factor == "participation_rate"
        for observation in contribution.observations
    ] == [UpdateOutcome.UPDATE_OUTCOME_FAILED]


def test_updates_that_nobody_may_see_are_participation_and_nothing_else(
    client: PolicyClient, federation: Federation
) -> None:
    report = federation.reporter(client).report_round(
        1, federation.clients, without_updates(federation.honest)
    )
    assert report.comparisons == {}
    assert report.unusable == frozenset()
    scores = {each: report.trust[each].trust_score for each in federation.clients}
    assert {scores[each] > 0.5 for each in federation.honest} == {True}
    assert {scores[each] < 0.5 for each in federation.attackers} == {True}  # Sent nothing: DROPPED.


def test_a_round_that_is_reported_again_stays_as_it_was(
    client: PolicyClient, federation: Federation
) -> None:
    reporter = federation.reporter(client)
    first = reporter.report_round(1, federation.clients, without_updates(federation.clients))
    again = reporter.report_round(1, federation.clients, without_updates(federation.clients))
    other = reporter.report_round(1, federation.clients, completed(federation.updates(9)))
    assert (again.accepted, again.duplicates, again.rejected) == (0, 12, ())
    assert (other.accepted, other.duplicates) == (0, 2)
    assert {each.reason for each in other.rejected} == {"OBSERVATION_CONFLICT"}
    assert [each.index for each in other.rejected] == list(range(1, 11))
    assert first.trust == again.trust == other.trust


def test_a_round_larger_than_a_call_is_reported_whole(client: PolicyClient) -> None:
    run_id = f"run-{uuid4()}"
    clients = [f"{run_id}-{number}" for number in range(10_050)]
    reporter = TrustReporter(client, run_id=run_id, reporter="server")
    report = reporter.report_round(1, clients, without_updates(clients))
    last_differs = [*without_updates(clients[:-1]), *completed({clients[-1]: np.ones(3)})]
    again = reporter.report_round(1, clients, last_differs)
    assert (report.accepted, report.rejected) == (10_052, ())
    assert len(report.trust) == 10_050
    assert again.duplicates == 10_051
    assert [(each.index, each.reason) for each in again.rejected] == [
        (10_050, "OBSERVATION_CONFLICT")
    ]


MISTAKES = {
    "of a client that was not selected": (["a"], ["a", "b"], "`b`, which was not selected"),
    "twice of one client": (["a"], ["a", "a"], "second update of `a`"),
}


@pytest.mark.parametrize(("selected", "updates", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_updates_are_refused_that_come(
    client: PolicyClient, selected: list[str], updates: list[str], message: str
) -> None:
    reporter = TrustReporter(client, run_id=f"run-{uuid4()}", reporter="server")
    with pytest.raises(ValueError, match=message):
        reporter.report_round(1, selected, without_updates(updates))


def test_what_the_engine_refuses_is_raised_at_once(client: PolicyClient) -> None:
    reporter = TrustReporter(client, run_id=f"run-{uuid4()}", reporter="server")
    with pytest.raises(PolicyError) as caught:
        reporter.report_round(1, ["a", "a"], [])
    assert caught.value.reason == "REQUEST_INVALID"


def test_an_engine_that_stays_away_is_raised_in_the_end() -> None:
    with PolicyClient("127.0.0.1:1") as client:
        reporter = TrustReporter(client, run_id="run", reporter="server", retry_for_s=0.3)
        with pytest.raises(PolicyError) as caught:
            reporter.report_round(1, ["a"], [])
    assert caught.value.code == grpc.StatusCode.UNAVAILABLE


class Warned(logging.Handler):
    """Tells that a call failed and is about to be repeated."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.happened = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.happened.set()


@pytest.fixture
def warned() -> Iterator[Warned]:
    handler = Warned()
    logging.getLogger("flopynet_policy").addHandler(handler)
    yield handler
    logging.getLogger("flopynet_policy").removeHandler(handler)


def test_a_round_waits_for_an_engine_that_is_being_restarted(
    engines: Restartable, federation: Federation, warned: Warned
) -> None:
    with PolicyClient(engines.address) as client, ThreadPoolExecutor(1) as reporting:
        reporter = federation.reporter(client)
        updates = completed(federation.updates(1))
        engines.running.kill()
        report = reporting.submit(reporter.report_round, 1, federation.clients, updates)
        assert warned.happened.wait(30)
        engines.start_again()
        assert (report.result().accepted, report.result().rejected) == (12, ())


class LosesFirstAnswer(TrustServiceServicer):
    """Stands between reporter and engine; the engine's first answer to a report never arrives."""

    def __init__(self, engine_address: str) -> None:
        self.answers: list[ReportObservationsResponse] = []
        self._channel = grpc.insecure_channel(engine_address)
        self._engine = TrustServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def ListTrustScores(self, request: object, context: grpc.ServicerContext) -> object:
        return self._engine.ListTrustScores(request)

    def EvaluateTrust(self, request: object, context: grpc.ServicerContext) -> object:
        return self._engine.EvaluateTrust(request)

    def ReportObservations(
        self, request: ReportObservationsRequest, context: grpc.ServicerContext
    ) -> ReportObservationsResponse:
        answer: ReportObservationsResponse = self._engine.ReportObservations(request)
        self.answers.append(answer)
        if len(self.answers) == 1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")
        return answer


def test_a_report_whose_answer_was_lost_is_taken_once(
    engine: Engine, federation: Federation
) -> None:
    relay = LosesFirstAnswer(engine.address)
    server = grpc.server(ThreadPoolExecutor(2))
    add_TrustServiceServicer_to_server(relay, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with PolicyClient(f"127.0.0.1:{port}") as client:
            report = federation.reporter(client).report_round(
                1, federation.clients, completed(federation.updates(1))
            )
    finally:
        server.stop(None).wait()
        relay.close()
    assert [(each.accepted, each.duplicates) for each in relay.answers] == [(12, 0), (0, 12)]
    assert (report.accepted, report.duplicates, report.rejected) == (0, 12, ())
