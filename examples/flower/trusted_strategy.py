"""Any Flower strategy, with trust: what a client's update weighs depends on what came before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from admission import AdmittingGrid, client_id_of
from flopynet.policy.v1.trust_types_pb2 import UpdateOutcome
from flopynet_policy import ClientUpdate, PolicyClient, RoundReport, TrustReporter
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy
from numpy.typing import NDArray

UNUSABLE = np.empty(0)
MOST_EXAMPLES = 2**53


class TrustedStrategy(Strategy):
    """Reports every training round to the policy engine, and weighs updates by its answer.

    Nodes that are excluded are not asked to train, but every `shadow_every` rounds: then their
    updates are scored and not used, so that one that has mended can come back. The wrapped strategy
    does all the rest; it must weigh updates by the metric `weighted_by_key`, as FedAvg and those
    made from it do.

    Args:
        strategy: What selects, sends and aggregates.
        client: The engine.
        run_id: Name of the run, the same again after a restart and never that of another run.
        weighted_by_key: The metric that says how much an update weighs.
        shadow_every: Rounds from one in which excluded nodes train to the next.
    """

    def __init__(
        self,
        strategy: Strategy,
        client: PolicyClient,
        *,
        run_id: str,
        weighted_by_key: str = "num-examples",
        shadow_every: int = 5,
    ) -> None:
        self._strategy = strategy
        self._client = client
        self._reporter = TrustReporter(client, run_id=run_id, reporter="flower-server")
        self._weighted_by_key = weighted_by_key
        self._shadow_every = shadow_every
        self._sent: dict[str, NDArray[np.float64]] = {}
        self._selected: list[int] = []
        self.reports: dict[int, RoundReport] = {}
        """What the engine made of each round."""

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        is_shadow_round = server_round % self._shadow_every == 0
        admitting = AdmittingGrid(grid, self._client, with_excluded=is_shadow_round)
        messages = list(self._strategy.configure_train(server_round, arrays, config, admitting))
        self._sent = {key: np.asarray(array.numpy()) for key, array in arrays.items()}
        self._selected = [message.metadata.dst_node_id for message in messages]
        return messages

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        received = list(replies)
        if self._selected:
            report = self._reporter.report_round(
                server_round,
                [client_id_of(node_id) for node_id in self._selected],
                [self._update_of(reply) for reply in received],
            )
            self.reports[server_round] = report
            received = [reply for reply in received if self._weigh(reply, report)]
        return self._strategy.aggregate_train(server_round, received)

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        admitting = AdmittingGrid(grid, self._client)
        return self._strategy.configure_evaluate(server_round, arrays, config, admitting)

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        return self._strategy.aggregate_evaluate(server_round, replies)

    def summary(self) -> None:
        self._strategy.summary()

    def _update_of(self, reply: Message) -> ClientUpdate:
        client_id = client_id_of(reply.metadata.src_node_id)
        if reply.has_error():
            return ClientUpdate(
                client_id=client_id, update=None, outcome=UpdateOutcome.UPDATE_OUTCOME_FAILED
            )
        examples = self._examples_of(reply)
        return ClientUpdate(
            client_id=client_id,
            update=UNUSABLE if examples is None else self._difference(reply),
            num_examples=int(examples or 0),
        )

    def _difference(self, reply: Message) -> NDArray[np.float64]:
        """What the client made of the model that it was sent; nothing, if that is no such model."""
        try:
            trained = {
                key: np.asarray(array.numpy(), dtype=np.float64)
                for record in reply.content.array_records.values()
                for key, array in record.items()
            }
        except (EOFError, TypeError, ValueError):  # Bytes that are no numbers.
            return UNUSABLE
        shapes = {key: array.shape for key, array in trained.items()}
        if shapes != {key: array.shape for key, array in self._sent.items()}:
            return UNUSABLE
        return np.concatenate([(trained[key] - sent).ravel() for key, sent in self._sent.items()])

    def _examples_of(self, reply: Message) -> float | None:
        """What the client says that its update weighs; None, if that is no weight."""
        for record in reply.content.metric_records.values():
            said = record.get(self._weighted_by_key)
            if isinstance(said, int | float) and 0 <= said <= MOST_EXAMPLES:  # NaN is not.
                return float(said)
        return None

    def _weigh(self, reply: Message, report: RoundReport) -> bool:
        """Gives the reply its weight; False: it is to be left out."""
        if reply.has_error():
            return True  # The wrapped strategy tells of errors.
        multiplier = report.weight_multiplier(client_id_of(reply.metadata.src_node_id))
        for record in reply.content.metric_records.values():
            said = record.get(self._weighted_by_key)
            if isinstance(said, int | float):
                record[self._weighted_by_key] = multiplier * said
        return multiplier > 0.0
