"""What came of two federations, as a table and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from flopynet.policy.v1.decision_pb2 import TrustState
from flopynet_policy import ClientTrust
from matplotlib import pyplot

REDUCES_BELOW, EXCLUDES_BELOW = 0.6, 0.3
MARKS = {
    TrustState.TRUST_STATE_PROBATION: "p",
    TrustState.TRUST_STATE_ACTIVE: " ",
    TrustState.TRUST_STATE_REDUCED: "r",
    TrustState.TRUST_STATE_EXCLUDED: "X",
}
NOT_ASKED = "  -  "


@dataclass
class Outcome:
    """What came of a federation."""

    poisoners: tuple[int, ...]
    accuracies: dict[int, float] = field(default_factory=dict)
    """On the test data after each round: 0 to 1; round 0 is the start."""
    trust: dict[int, dict[int, ClientTrust]] = field(default_factory=dict)
    """By round and client, of those that were asked to train; empty without the engine."""

    @property
    def excluded_after(self) -> dict[int, int]:
        """The first round after which each client was excluded, of those that were."""
        first: dict[int, int] = {}
        for round_number, trust in self.trust.items():
            for client, each in trust.items():
                if each.is_excluded:
                    first.setdefault(client, round_number)
        return first

    @property
    def clients(self) -> list[int]:
        return sorted({client for trust in self.trust.values() for client in trust})


def table(without: Outcome, guarded: Outcome) -> str:
    """One line a round: trust in each client with its state, and the accuracies."""
    names = [
        f"{'flip' if client in guarded.poisoners else 'c'}{client}".center(5)
        for client in guarded.clients
    ]
    lines = [
        "",
        "trust after each round: p probation, r reduced, X excluded, - not asked to train",
        f"round  {' '.join(names)}  accuracy with  without",
    ]
    for round_number, trust in guarded.trust.items():
        cells = [
            f"{trust[client].trust_score:.2f}{MARKS[trust[client].state]}"
            if client in trust
            else NOT_ASKED
            for client in guarded.clients
        ]
        with_engine = guarded.accuracies[round_number]
        lines.append(
            f"{round_number:5d}  {' '.join(cells)}  {with_engine:13.3f}"
            f"  {without.accuracies[round_number]:7.3f}"
        )
    lines.append("")
    for client, round_number in sorted(guarded.excluded_after.items()):
        kind = "label flipper" if client in guarded.poisoners else "HONEST client"
        lines.append(f"excluded: {kind} {client} after round {round_number}")
    last = max(guarded.trust)
    lines.append(
        f"accuracy after {last} rounds: {without.accuracies[last]:.3f} without the engine, "
        f"{guarded.accuracies[last]:.3f} with it"
    )
    return "\n".join(lines)


def plot(without: Outcome, guarded: Outcome, path: Path) -> None:
    """Trust by round above, accuracy by round below."""
    figure, (trust_axes, accuracy_axes) = pyplot.subplots(
        2, 1, figsize=(8, 8), sharex=True, layout="constrained"
    )
    for client in guarded.clients:
        is_poisoner = client in guarded.poisoners
        rounds = [each for each, trust in guarded.trust.items() if client in trust]
        trust_axes.plot(
            rounds,
            [guarded.trust[each][client].trust_score for each in rounds],
            color="tab:red" if is_poisoner else "tab:blue",
            marker="." if is_poisoner else None,
            label={0: "label flipper", guarded.clients[-1]: "honest client"}.get(client),
        )
    for client, round_number in guarded.excluded_after.items():
        score = guarded.trust[round_number][client].trust_score
        trust_axes.plot(round_number, score, "kX", markersize=9)
    trust_axes.axhline(REDUCES_BELOW, color="gray", linestyle=":", label="weight halved below")
    trust_axes.axhline(EXCLUDES_BELOW, color="gray", linestyle="--", label="excluded below")
    trust_axes.set(ylabel="trust score", ylim=(0, 1), title="Trust (X: excluded)")
    trust_axes.legend(loc="center right")

    for outcome, label, color in (
        (guarded, "with the policy engine", "tab:green"),
        (without, "without", "tab:orange"),
    ):
        accuracy_axes.plot(
            list(outcome.accuracies), list(outcome.accuracies.values()), color=color, label=label
        )
    accuracy_axes.xaxis.get_major_locator().set_params(integer=True)
    accuracy_axes.set(xlabel="round", ylabel="test accuracy", title="Accuracy")
    accuracy_axes.legend(loc="lower right")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
