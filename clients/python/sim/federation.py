"""Federations in one process, without Flower: fast enough to try hundreds of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import digits
import numpy as np
from flopynet.policy.v1.trust_types_pb2 import UpdateOutcome
from numpy.typing import NDArray

from flopynet_policy import ClientUpdate, PolicyClient, TrustReporter

CLIENT_COUNT = 50
TEST_COUNT = 500
DROPOUT, LATENESS = 0.10, 0.05
"""Chance of each client in each round to send nothing, and to send late."""
LAST_ROUNDS = 5
"""Whose mean accuracy is called final: that of a single round swings by a point."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Scenario:
    """What a federation is like."""

    skew: float | None
    """Dirichlet concentration of the clients' digits; None: all alike."""
    attacker_share: float
    round_count: int
    seed: int
    root_count: int = 0
    """Pictures of the server's own, whose update the others are compared with as well."""

    @property
    def name(self) -> str:
        data = "iid" if self.skew is None else f"dirichlet-{self.skew}"
        return f"{data}-flip{round(100 * self.attacker_share)}-seed{self.seed}"


@dataclass
class Result:
    """What became of it."""

    attackers: frozenset[int]
    detected_after: dict[int, int] = field(default_factory=dict)
    """The round after which each attacker was first excluded, of those that were."""
    falsely_excluded: set[int] = field(default_factory=set)
    """Honest clients that were ever excluded."""
    influence: float = 0.0
    """Share of the attackers in what was aggregated, over all rounds: 0 to 1."""
    accuracy: float = 0.0
    """On the test data, over the last rounds: 0 to 1."""


@dataclass(frozen=True)
class Round:
    """What came in a round, by client."""

    number: int
    updates: dict[int, Vector]
    outcomes: dict[int, UpdateOutcome]
    root_update: Vector | None
    """What the server's own pictures make of the model, where it has any."""


Weigh = Callable[[Round], dict[int, float]]
"""From what came in a round: what each client's share of the examples is multiplied by."""


def run(scenario: Scenario, weigh_by: Callable[[Scenario, Result], Weigh]) -> Result:
    """Runs a federation whose updates are weighed by what `weigh_by` makes for it."""
    randomness = np.random.default_rng(scenario.seed)
    everything, test = digits.load(TEST_COUNT)
    pictures = digits.with_shifts(everything)
    parts = digits.split(pictures, CLIENT_COUNT, randomness, skew=scenario.skew)
    attacker_count = round(scenario.attacker_share * CLIENT_COUNT)
    result = Result(
        frozenset(int(each) for each in randomness.permutation(CLIENT_COUNT)[:attacker_count])
    )
    for attacker in result.attackers:
        parts[attacker] = parts[attacker].with_flipped_labels()
    weigh = weigh_by(scenario, result)
    root = _Root(pictures, scenario)

    model = digits.initial_weights(randomness)
    attacking = aggregated = 0.0
    accuracies: list[float] = []
    for round_number in range(1, scenario.round_count + 1):
        outcomes = _outcomes(randomness)
        updates = {
            client: _flat(digits.train(model, parts[client], randomness)) - _flat(model)
            for client in outcomes
        }
        multipliers = weigh(Round(round_number, updates, outcomes, root.update(model)))
        weights = {client: each * len(parts[client]) for client, each in multipliers.items()}
        total = sum(weights.values())
        if total > 0:
            step = sum(weight * updates[client] for client, weight in weights.items()) / total
            model = _shaped(_flat(model) + step, model)
        attacking += sum(weight for client, weight in weights.items() if client in result.attackers)
        aggregated += total
        accuracies.append(digits.accuracy(model, test))
    result.influence = attacking / aggregated if aggregated > 0 else 0.0
    result.accuracy = float(np.mean(accuracies[-LAST_ROUNDS:]))
    return result


def by_trust(engine: PolicyClient, session: str) -> Callable[[Scenario, Result], Weigh]:
    """As the policy engine says, which is told every round; its clients are new in each session."""

    def weigh_by(scenario: Scenario, result: Result) -> Weigh:
        run_id = f"{session}-{scenario.name}"
        reporter = TrustReporter(engine, run_id=run_id, reporter="simulation")
        ids = [f"{run_id}-c{client}" for client in range(CLIENT_COUNT)]

        def weigh(came: Round) -> dict[int, float]:
            report = reporter.report_round(
                came.number,
                ids,
                [
                    ClientUpdate(
                        client_id=ids[client], update=update, outcome=came.outcomes[client]
                    )
                    for client, update in came.updates.items()
                ],
                root_update=came.root_update,
            )
            if report.rejected:
                raise RuntimeError(f"{run_id}: {report.rejected[0]}")
            for client, client_id in enumerate(ids):
                if not report.trust[client_id].is_excluded:
                    continue
                if client in result.attackers:
                    result.detected_after.setdefault(client, came.number)
                else:
                    result.falsely_excluded.add(client)
            return {client: report.weight_multiplier(ids[client]) for client in came.updates}

        return weigh

    return weigh_by


def by_oracle(scenario: Scenario, result: Result) -> Weigh:
    """As somebody would who knows the attackers: the best that can be had."""
    return lambda came: {
        client: 0.0 if client in result.attackers else 1.0 for client in came.updates
    }


def evenly(scenario: Scenario, result: Result) -> Weigh:
    """As somebody who trusts everybody."""
    return lambda came: dict.fromkeys(came.updates, 1.0)


class _Root:
    """The server's own pictures. They have chance of their own: the federation stays the same."""

    def __init__(self, pictures: digits.Data, scenario: Scenario) -> None:
        self._randomness = np.random.default_rng([scenario.seed, 1])
        order = self._randomness.permutation(len(pictures))
        self._data = pictures.part(order[: scenario.root_count])

    def update(self, model: digits.Weights) -> Vector | None:
        if len(self._data) == 0:
            return None
        return _flat(digits.train(model, self._data, self._randomness)) - _flat(model)


def _outcomes(randomness: np.random.Generator) -> dict[int, UpdateOutcome]:
    """Of the clients that send something."""
    chances = randomness.random(CLIENT_COUNT)
    return {
        client: UpdateOutcome.UPDATE_OUTCOME_LATE
        if chance < DROPOUT + LATENESS
        else UpdateOutcome.UPDATE_OUTCOME_COMPLETED
        for client, chance in enumerate(chances)
        if chance >= DROPOUT
    }


def _flat(model: digits.Weights) -> Vector:
    return np.concatenate([each.ravel() for each in model])


def _shaped(flat: Vector, like: digits.Weights) -> digits.Weights:
    ends = np.cumsum([each.size for each in like])[:-1]
    pieces = zip(np.split(flat, ends), like, strict=True)
    return [piece.reshape(each.shape) for piece, each in pieces]
