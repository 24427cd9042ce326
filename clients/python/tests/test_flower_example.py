"""The Flower example beside a running engine: what a node can send, and what becomes of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from uuid import uuid4

import flwr.supercore.task_identity as flower_task
import numpy as np
import pytest
from admission import AdmittingGrid, client_id_of, connection_of
from flopynet.policy.v1.decision_pb2 import TrustState
from flopynet.policy.v1.decision_service_pb2 import CheckConnectionRequest
from flwr.app import Array, ArrayRecord, Error, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from flwr.supercore.run import Run
from numpy.typing import NDArray
from trusted_strategy import TrustedStrategy

from flopynet_policy import PolicyClient, PolicyError

Reply = Callable[[Message], Message]

SIZE = 30
ROUNDS_TO_EXCLUDE = 4


@pytest.fixture(autouse=True)
def flower(caplog: pytest.LogCaptureFixture) -> None:
    """What Flower's own runtime sets before a server app runs."""
    flower_task.TaskIdentity.run_id = 1
    flower_task.TaskIdentity.node_id = 1
    flower_task.TaskIdentity.task_id = 1
    caplog.set_level(logging.ERROR, "flwr")


class Nodes(Grid):
    """A Grid whose nodes answer at once, in this process."""

    def __init__(self, replies: dict[int, Reply]) -> None:
        self._replies = replies
        self.reached: list[list[int]] = []
        """Who was written to, call by call."""

    def set_run(self, run: Run) -> None:
        raise NotImplementedError

    @property
    def run(self) -> Run:
        raise NotImplementedError

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        raise NotImplementedError

    def get_node_ids(self) -> Iterable[int]:
        return list(self._replies)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        raise NotImplementedError

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        raise NotImplementedError

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        received = list(messages)
        self.reached.append(sorted(message.metadata.dst_node_id for message in received))
        return [self._replies[message.metadata.dst_node_id](message) for message in received]


def trained(
    difference: NDArray[np.float64], weight: float | int | None = 10
) -> Callable[[Message], Message]:
    """A node that changes the model by `difference`."""

    def reply(message: Message) -> Message:
        sent = message.content.array_records["arrays"].to_numpy_ndarrays()
        metrics = MetricRecord({} if weight is None else {"num-examples": weight})
        content = RecordDict({"arrays": ArrayRecord([sent[0] + difference]), "metrics": metrics})
        return Message(content=content, reply_to=message)

    return reply


def answering(arrays: ArrayRecord) -> Reply:
    metrics = MetricRecord({"num-examples": 10})
    content = RecordDict({"arrays": arrays, "metrics": metrics})
    return lambda message: Message(content=content, reply_to=message)


def failing(message: Message) -> Message:
    return Message(Error(code=0, reason="out of memory"), reply_to=message)


def honest(node: int) -> Reply:
    return trained(np.ones(SIZE) + 0.1 * np.random.default_rng(node).normal(size=SIZE))


ZEROS = ArrayRecord([np.zeros(SIZE)])
USELESS: dict[str, Reply] = {
    "not a number": trained(np.full(SIZE, np.nan)),
    "not an array": answering(
        ArrayRecord({"0": Array("float64", (SIZE,), "numpy.ndarray", b"garbage")})
    ),
    "nothing at all": answering(
        ArrayRecord({"0": Array("float64", (SIZE,), "numpy.ndarray", b"")})
    ),
    "not of numpy": answering(ArrayRecord({"0": Array("float64", (SIZE,), "other", b"")})),
    "of another shape": answering(ArrayRecord([np.zeros(SIZE + 1)])),
    "of another name": answering(ArrayRecord({"other": Array(np.zeros(SIZE))})),
    "of more parts than were sent": answering(ArrayRecord([np.zeros(SIZE), np.zeros(2)])),
    "without a weight": trained(np.ones(SIZE), None),
    "of a weight that is no number": trained(np.ones(SIZE), float("nan")),
    "of endless weight": trained(np.ones(SIZE), float("inf")),
    "of negative weight": trained(np.ones(SIZE), -5),
}


class Federation:
    """Nodes whose ids no other test has, under the engine's eye."""

    def __init__(self, client: PolicyClient, bad: Reply) -> None:
        first = uuid4().int % 2**40
        self.bad = first
        self.nodes = Nodes({first: bad} | {first + n: honest(n) for n in range(1, 6)})
        self.good = [first + n for n in range(1, 6)]
        self.strategy = TrustedStrategy(
            FedAvg(fraction_evaluate=0.0), client, run_id=f"run-{first}"
        )

    def run(self, round_count: int) -> NDArray[np.float64]:
        """What each round made of the model, one row a round."""
        models: list[NDArray[np.float64]] = []

        def keep(round_number: int, arrays: ArrayRecord) -> None:
            models.extend(arrays.to_numpy_ndarrays())

        self.strategy.start(self.nodes, ZEROS, num_rounds=round_count, evaluate_fn=keep)
        return np.diff(models, axis=0)

    def trained_in(self, round_number: int) -> list[int]:
        return self.nodes.reached[2 * (round_number - 1)]  # Evaluation reaches nobody.

    def state_after(self, round_number: int) -> TrustState:
        return self.strategy.reports[round_number].trust[client_id_of(self.bad)].state


@pytest.fixture
def attacked(client: PolicyClient) -> Federation:
    return Federation(client, trained(-np.ones(SIZE)))


@pytest.mark.parametrize("bad", USELESS.values(), ids=USELESS.keys())
def test_a_reply_does_no_harm_that_is(client: PolicyClient, bad: Reply) -> None:
    federation = Federation(client, bad)
    (step,) = federation.run(1)
    assert federation.strategy.reports[1].rejected == ()
    assert federation.strategy.reports[1].unusable == {client_id_of(federation.bad)}
    assert step == pytest.approx(np.ones(SIZE), abs=0.2)


def test_a_node_that_fails_is_a_failure_and_nothing_else(client: PolicyClient) -> None:
    federation = Federation(client, failing)
    (step,) = federation.run(1)
    assert step == pytest.approx(np.ones(SIZE), abs=0.2)
    report = federation.strategy.reports[1]
    assert report.rejected == ()
    assert report.trust[client_id_of(federation.bad)].trust_score < 0.5


def test_an_attacker_is_excluded_and_not_asked_again(attacked: Federation) -> None:
    attacked.run(ROUNDS_TO_EXCLUDE)
    assert attacked.state_after(ROUNDS_TO_EXCLUDE - 1) == TrustState.TRUST_STATE_EXCLUDED
    assert attacked.trained_in(ROUNDS_TO_EXCLUDE - 1) == [attacked.bad, *attacked.good]
    assert attacked.trained_in(ROUNDS_TO_EXCLUDE) == attacked.good


def test_an_excluded_node_trains_every_fifth_round_and_its_update_is_not_used(
    attacked: Federation,
) -> None:
    steps = attacked.run(5)
    assert attacked.trained_in(5) == [attacked.bad, *attacked.good]
    assert attacked.state_after(5) == TrustState.TRUST_STATE_EXCLUDED
    assert steps[0] == pytest.approx(np.full(SIZE, 4 / 6), abs=0.2)  # Five forward, one back.
    assert steps[4] == pytest.approx(np.ones(SIZE), abs=0.2)


def test_an_update_weighs_less_the_less_its_node_is_trusted(attacked: Federation) -> None:
    steps = attacked.run(2)
    weights = [
        [report.weight_multiplier(client_id_of(node)) for node in (attacked.bad, *attacked.good)]
        for report in attacked.strategy.reports.values()
    ]
    signs = np.array([-1, 1, 1, 1, 1, 1])
    for step, weight in zip(steps, weights, strict=True):
        assert step == pytest.approx(np.full(SIZE, np.average(signs, weights=weight)), abs=0.2)


def test_only_nodes_are_listed_and_reached_that_policy_admits(client: PolicyClient) -> None:
    nodes = Nodes({node: honest(node) for node in range(4)})

    def odd_ones_by_ssh(client_id: str) -> CheckConnectionRequest:
        request = connection_of(client_id)
        if int(client_id.removeprefix("flower-")) % 2 == 1:
            request.dst_port = 22
        return request

    grid = AdmittingGrid(nodes, client, connection=odd_ones_by_ssh)
    assert list(grid.get_node_ids()) == [0, 2]
    messages = [
        Message(RecordDict({"arrays": ZEROS}), dst_node_id=node, message_type="train")
        for node in range(4)
    ]
    assert len(list(grid.send_and_receive(messages))) == 2
    assert nodes.reached == [[0, 2]]


def test_nobody_is_admitted_while_the_engine_is_away() -> None:
    with PolicyClient("127.0.0.1:1") as client, pytest.raises(PolicyError):
        list(AdmittingGrid(Nodes({1: honest(1)}), client).get_node_ids())
