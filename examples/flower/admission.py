"""Only nodes that policy admits: a Flower Grid that asks the policy engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from flopynet.policy.v1.decision_pb2 import DenyKind
from flopynet.policy.v1.decision_service_pb2 import CheckConnectionRequest
from flopynet_policy import PolicyClient
from flwr.app import Message, RecordDict
from flwr.serverapp import Grid
from flwr.supercore.run import Run

log = logging.getLogger("flopynet_policy")
BATCH = 1000


def client_id_of(node_id: int) -> str:
    """How the policy engine knows a node: by the id that the SuperLink gave it."""
    return f"flower-{node_id}"


def connection_of(client_id: str) -> CheckConnectionRequest:
    """The connection that a node needs to take part."""
    return CheckConnectionRequest(
        src_type="fl-client",
        dst_type="fl-server",
        dst_port=8080,
        protocol="tcp",
        client_id=client_id,
    )


class AdmittingGrid(Grid):
    """A Grid on which only nodes are seen, and reached, that policy lets talk to the FL server.

    It asks anew whenever nodes are listed or written to. When the engine does not answer, its
    `PolicyError` is raised: nobody is admitted unasked.

    Args:
        grid: The Grid of the run.
        client: The engine.
        with_excluded: Lets those in who are denied only because they are not trusted. That is how
            an excluded node can show that it has mended: it trains, and its update is scored and
            not used.
        connection: What is asked about a node.
    """

    def __init__(
        self,
        grid: Grid,
        client: PolicyClient,
        *,
        with_excluded: bool = False,
        connection: Callable[[str], CheckConnectionRequest] = connection_of,
    ) -> None:
        self._grid = grid
        self._client = client
        self._with_excluded = with_excluded
        self._connection = connection

    def set_run(self, run: Run) -> None:
        self._grid.set_run(run)

    @property
    def run(self) -> Run:
        return self._grid.run

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        return self._grid.create_message(content, message_type, dst_node_id, group_id, ttl)

    def get_node_ids(self) -> Iterable[int]:
        return self._admitted(list(self._grid.get_node_ids()))

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        return self._grid.push_messages(self._to_admitted(messages))

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return self._grid.pull_messages(message_ids)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        return self._grid.send_and_receive(self._to_admitted(messages), timeout=timeout)

    def _to_admitted(self, messages: Iterable[Message]) -> list[Message]:
        all_messages = list(messages)
        receivers = sorted({message.metadata.dst_node_id for message in all_messages})
        admitted = set(self._admitted(receivers))
        return [each for each in all_messages if each.metadata.dst_node_id in admitted]

    def _admitted(self, node_ids: list[int]) -> list[int]:
        admitted: list[int] = []
        for start in range(0, len(node_ids), BATCH):
            batch = node_ids[start : start + BATCH]
            answers = self._client.batch_check_connections(
                [self._connection(client_id_of(node_id)) for node_id in batch]
            )
            for node_id, answer in zip(batch, answers, strict=True):
                is_shadow = (
                    self._with_excluded and answer.deny_kind == DenyKind.DENY_KIND_NOT_TRUSTED
                )
                if answer.allowed or is_shadow:
                    admitted.append(node_id)
                else:
                    log.info("node %d is not admitted: %s", node_id, answer.reason)
        return admitted
