"""The aggregator's side of trust: compares a round's updates, reports it, and reads the weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from flopynet.policy.v1.decision_pb2 import TrustState
from flopynet.policy.v1.trust_service_pb2 import (
    EvaluateTrustRequest,
    RejectedObservation,
    ReportObservationsRequest,
    ReportObservationsResponse,
)
from flopynet.policy.v1.trust_types_pb2 import (
    AlignmentReference,
    Observation,
    RoundClosed,
    RoundOpened,
    UpdateOutcome,
    UpdateReported,
)
from numpy.typing import ArrayLike

from .client import PolicyClient
from .compare import Comparison, compare_updates
from .errors import PolicyError
from .retry import Pauses, log

Answer = TypeVar("Answer")

MOST_OBSERVATIONS = 10_000
"""Of one call, by the engine's rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUpdate:
    """What came of a selected client in a round."""

    client_id: str
    update: ArrayLike | None
    """Change of the model, trained minus sent, as one array of any shape: the layers of a model
    joined. None: there is none, or nobody may see it (secure aggregation)."""
    outcome: UpdateOutcome = UpdateOutcome.UPDATE_OUTCOME_COMPLETED
    """COMPLETED; LATE: taken after the deadline; DROPPED, FAILED or DECLINED: there is none."""
    num_examples: int = 0
    """Examples it was trained on; 0: not known."""
    latency_ms: float = 0.0
    """From the order to the update; 0: not measured."""
    loss_delta: float | None = None
    """By how much it lowered the loss on data of the server's."""


@dataclass(frozen=True, slots=True)
class ClientTrust:
    """How far the engine trusts a client."""

    trust_score: float
    state: TrustState
    weight_multiplier: float
    """What to multiply the client's aggregation weight by; 0: leave it out."""

    @property
    def is_excluded(self) -> bool:
        return self.state == TrustState.TRUST_STATE_EXCLUDED


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What became of a round that was reported."""

    comparisons: dict[str, Comparison]
    """By client, of every update that can be used."""
    unusable: frozenset[str]
    """Clients whose update was not finite, or of another size than most: reported as FAILED."""
    trust: dict[str, ClientTrust]
    """Of every selected client, after the round."""
    accepted: int
    duplicates: int
    late: int
    rejected: tuple[RejectedObservation, ...]
    """What the engine did not take, and why; `index` counts from 0 over the whole round: its
    opening, the updates in their order, its end."""

    def weight_multiplier(self, client_id: str) -> float:
        """What to multiply the aggregation weight of the client's update by; 0: leave it out."""
        return 0.0 if client_id in self.unusable else self.trust[client_id].weight_multiplier


class TrustReporter:
    """Reports the rounds of one federated run to the policy engine.

    A call that fails because the engine is away is repeated, with the same content, for up to
    `retry_for_s` seconds. That is safe: the engine knows an observation by run, round, client, kind
    and reporter, and takes it once.

    Args:
        client: The engine.
        run_id: Name of the run. Rounds of one name belong together, also after a restart.
        reporter: Who reports; never a client. Several reporters of one run have different names.
        retry_for_s: Seconds after which such a failure is raised.
    """

    def __init__(
        self, client: PolicyClient, *, run_id: str, reporter: str, retry_for_s: float = 60.0
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._reporter = reporter
        self._retry_for_s = retry_for_s

    def trust(self, client_ids: Collection[str]) -> dict[str, ClientTrust]:
        """How far each of `client_ids` is trusted now; what a newcomer gets for those unknown."""
        wanted = set(client_ids)
        known = {
            score.client_id: ClientTrust(score.trust_score, score.state, score.weight_multiplier)
            for score in self._persistently(self._client.list_trust_scores)
            if score.client_id in wanted
        }
        unknown = sorted(wanted.difference(known))
        # All that the engine never heard of are alike to it: one stands for all.
        newcomers = dict.fromkeys(unknown, self._trust_of(unknown[0])) if unknown else {}
        return known | newcomers

    def report_round(
        self,
        round_number: int,
        selected_client_ids: Sequence[str],
        updates: Iterable[ClientUpdate],
        *,
        root_update: ArrayLike | None = None,
        deadline: datetime | None = None,
    ) -> RoundReport:
        """Opens the round, reports what came of each client, closes it, and reads the new trust.

        Updates are compared by the trust from before the round (see `compare_updates`). A selected
        client without an entry in `updates` counts as DROPPED. A round that was reported before
        stays as it was: what is the same counts as `duplicates`, what differs is in `rejected`.

        Args:
            round_number: From 1, growing within the run.
            selected_client_ids: Who was asked to take part, each once.
            updates: What came, at most one for each selected client.
            root_update: The change that the server's own data makes of the same model.
            deadline: When updates were due; for people.

        Raises:
            ValueError: If an update is of a client that was not selected, or the second of one, or
                no array of numbers, such as a list of layers of different sizes.
            PolicyError: If the engine refuses the round, or stays away.
        """
        by_client = _by_client(selected_client_ids, updates)
        vectors = {
            client_id: each.update
            for client_id, each in by_client.items()
            if each.update is not None
        }
        before = self.trust(selected_client_ids)
        comparisons = compare_updates(
            vectors,
            trust={client_id: trust.trust_score for client_id, trust in before.items()},
            excluded={client_id for client_id, trust in before.items() if trust.is_excluded},
            root=root_update,
        )
        unusable = frozenset(vectors).difference(comparisons)
        opened = RoundOpened(selected_client_ids=selected_client_ids)
        if deadline is not None:
            opened.deadline.FromDatetime(deadline)
        answer = self._report(
            [
                self._observation(round_number, round_opened=opened),
                *(
                    self._observation(
                        round_number,
                        update_reported=_update_reported(
                            each, comparisons.get(client_id), is_usable=client_id not in unusable
                        ),
                    )
                    for client_id, each in by_client.items()
                ),
                self._observation(round_number, round_closed=RoundClosed()),
            ]
        )
        return RoundReport(
            comparisons=comparisons,
            unusable=unusable,
            trust=self.trust(selected_client_ids),
            accepted=answer.accepted,
            duplicates=answer.duplicates,
            late=answer.late,
            rejected=tuple(answer.rejected),
        )

    def _observation(self, round_number: int, **kind: Any) -> Observation:
        return Observation(run_id=self._run_id, round=round_number, **kind)

    def _report(self, observations: Sequence[Observation]) -> ReportObservationsResponse:
        """Reports them in order, in as few calls as the engine allows."""
        whole = ReportObservationsResponse()
        for start in range(0, len(observations), MOST_OBSERVATIONS):
            request = ReportObservationsRequest(
                observations=observations[start : start + MOST_OBSERVATIONS],
                reporter=self._reporter,
            )
            part = self._persistently(partial(self._client.report_observations, request))
            whole.accepted += part.accepted
            whole.duplicates += part.duplicates
            whole.late += part.late
            for rejected in part.rejected:
                rejected.index += start
                whole.rejected.append(rejected)
        return whole

    def _trust_of(self, client_id: str) -> ClientTrust:
        request = EvaluateTrustRequest(client_id=client_id)
        answer = self._persistently(partial(self._client.evaluate_trust, request))
        return ClientTrust(answer.trust_score, answer.state, answer.weight_multiplier)

    def _persistently(self, call: Callable[[], Answer]) -> Answer:
        give_up_at_s = time.monotonic() + self._retry_for_s
        pauses = Pauses()
        while True:
            try:
                return call()
            except PolicyError as error:
                pause_s = pauses.next_s()
                if not error.is_passing or time.monotonic() + pause_s > give_up_at_s:
                    raise
                log.warning("trust: %s; again in %.1f s", error, pause_s)
                time.sleep(pause_s)


def _by_client(
    selected_client_ids: Sequence[str], updates: Iterable[ClientUpdate]
) -> dict[str, ClientUpdate]:
    selected = set(selected_client_ids)
    by_client: dict[str, ClientUpdate] = {}
    for each in updates:
        if each.client_id not in selected:
            raise ValueError(f"update of `{each.client_id}`, which was not selected")
        if each.client_id in by_client:
            raise ValueError(f"second update of `{each.client_id}`")
        by_client[each.client_id] = each
    return by_client


def _update_reported(
    each: ClientUpdate, comparison: Comparison | None, *, is_usable: bool
) -> UpdateReported:
    reported = UpdateReported(
        client_id=each.client_id,
        outcome=each.outcome if is_usable else UpdateOutcome.UPDATE_OUTCOME_FAILED,
        latency_ms=each.latency_ms,
        num_examples=each.num_examples,
        loss_delta=each.loss_delta,
        alignment_reference=AlignmentReference.ALIGNMENT_REFERENCE_NONE,
    )
    if comparison is not None:
        reported.MergeFrom(
            UpdateReported(
                alignment=comparison.alignment,
                alignment_ratio=comparison.alignment_ratio,
                norm_ratio=comparison.norm_ratio,
                alignment_reference=comparison.reference,
            )
        )
    return reported
