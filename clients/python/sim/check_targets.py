"""Federations with label flippers, defended by a running engine: are the targets T1 to T6 met?

Each round's updates are compared and reported by the client package, and weighed by what the
engine answers. The same seeds always give the same federations.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from federation import CLIENT_COUNT, Result, Scenario, by_oracle, by_trust, run

from flopynet_policy import PolicyClient

NAMES = {None: "IID", 1.0: "Dirichlet 1.0", 0.5: "Dirichlet 0.5", 0.1: "Dirichlet 0.1"}
Setting = tuple[float | None, float]
"""Skew, and share of attackers."""

SHARES = (0.1, 0.2, 0.3, 0.4)


@dataclass(frozen=True)
class Figures:
    """Of several federations of one setting. Shares are 0 to 1."""

    excluded: float
    detection_rounds: Sequence[int]
    false_exclusion: float
    f1: float
    influence: float
    accuracy: float

    @property
    def median_rounds(self) -> float:
        return float(np.median(self.detection_rounds)) if self.detection_rounds else 0.0

    @property
    def p90_rounds(self) -> float:
        return float(np.percentile(self.detection_rounds, 90)) if self.detection_rounds else 0.0


def figures_of(results: Sequence[Result]) -> Figures:
    attackers = sum(len(result.attackers) for result in results)
    honest = len(results) * CLIENT_COUNT - attackers
    detected = sum(len(result.detected_after) for result in results)
    false = sum(len(result.falsely_excluded) for result in results)
    return Figures(
        excluded=detected / attackers if attackers else 1.0,
        detection_rounds=[
            round_number for result in results for round_number in result.detected_after.values()
        ],
        false_exclusion=false / honest,
        f1=2 * detected / (detected + attackers + false) if detected else 0.0,
        influence=float(np.mean([result.influence for result in results])),
        accuracy=float(np.mean([result.accuracy for result in results])),
    )


@dataclass(frozen=True)
class Target:
    """What a setting must reach."""

    name: str
    setting: Setting
    wanted: str
    is_met: Callable[[Figures, Figures | None], bool]
    """By the figures with the engine, and those of the oracle where `needs_oracle`."""
    needs_oracle: bool = False


def loses_at_most(loss: float) -> Callable[[Figures, Figures | None], bool]:
    return lambda f, oracle: oracle is not None and f.accuracy >= oracle.accuracy - loss


TARGETS = [
    *(
        Target(
            "T1",
            (None, share),
            "100 % excluded, median <= 8, false 0 %",
            lambda f, _: f.excluded == 1.0 and f.median_rounds <= 8 and f.false_exclusion == 0.0,
        )
        for share in SHARES
    ),
    *(
        Target(
            "T2",
            (1.0, share),
            ">= 98 % excluded, median <= 12, p90 <= 20, false <= 2 %",
            lambda f, _: (
                f.excluded >= 0.98
                and f.median_rounds <= 12
                and f.p90_rounds <= 20
                and f.false_exclusion <= 0.02
            ),
        )
        for share in SHARES
    ),
    Target(
        "T3",
        (0.5, 0.2),
        ">= 90 % excluded, median <= 15, false <= 8 %, F1 >= 0.85",
        lambda f, _: (
            f.excluded >= 0.9
            and f.median_rounds <= 15
            and f.false_exclusion <= 0.08
            and f.f1 >= 0.85
        ),
    ),
    Target("T4", (None, 0.0), "false 0 %", lambda f, _: f.false_exclusion == 0.0),
    Target("T4", (1.0, 0.0), "false 0 %", lambda f, _: f.false_exclusion == 0.0),
    Target("T4", (0.5, 0.0), "false <= 8 %", lambda f, _: f.false_exclusion <= 0.08),
    Target("T5", (None, 0.2), "influence <= 2 %", lambda f, _: f.influence <= 0.02),
    Target("T5", (1.0, 0.2), "influence <= 3 %", lambda f, _: f.influence <= 0.03),
    Target("T5", (0.5, 0.2), "influence <= 5 %", lambda f, _: f.influence <= 0.05),
    *(
        Target(
            "T6",
            (skew, share),
            f"at most {100 * loss:g} points below the oracle",
            loses_at_most(loss),
            needs_oracle=True,
        )
        for share, loss in ((0.2, 0.015), (0.4, 0.02))
        for skew in (None, 0.5)
    ),
]


def described(figures: Figures, setting: Setting, oracle: Figures | None = None) -> str:
    _, attacker_share = setting
    of_attackers = [
        f"excluded {100 * figures.excluded:.0f} %",
        f"median {figures.median_rounds:g} (p90 {figures.p90_rounds:g})",
        f"F1 {figures.f1:.2f}",
        f"influence {100 * figures.influence:.1f} %",
    ]
    parts = [
        *(of_attackers if attacker_share > 0 else []),
        f"false {100 * figures.false_exclusion:.1f} %",
        f"accuracy {figures.accuracy:.3f}",
    ]
    if oracle is not None:
        parts.append(f"oracle {oracle.accuracy:.3f}")
    return ", ".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="127.0.0.1:50051", help="host:port of its gRPC service")
    parser.add_argument("--seeds", type=int, default=10, help="federations of each setting (10)")
    parser.add_argument("--rounds", type=int, default=60, help="of each federation (60)")
    parser.add_argument(
        "--root", type=int, default=0, help="pictures of the server's own to compare with (0)"
    )
    parser.add_argument("--only", default="", help="targets, as T1,T6 (all)")
    arguments = parser.parse_args()
    chosen = [each for each in TARGETS if not arguments.only or each.name in arguments.only]

    with PolicyClient(arguments.engine) as client:
        trusting = by_trust(client, uuid4().hex[:8])

        def figures(setting: Setting, *, is_oracle: bool) -> Figures:
            started_s = time.monotonic()
            weigh_by = by_oracle if is_oracle else trusting
            measured = figures_of(
                [
                    run(Scenario(*setting, arguments.rounds, seed, arguments.root), weigh_by)
                    for seed in range(1, arguments.seeds + 1)
                ]
            )
            came_out = (
                f"oracle, accuracy {measured.accuracy:.3f}"
                if is_oracle
                else described(measured, setting)
            )
            name = f"{NAMES[setting[0]]}, {100 * setting[1]:.0f} % flip"
            print(f"{name}: {came_out} ({time.monotonic() - started_s:.0f} s)", flush=True)
            return measured

        settings = dict.fromkeys(each.setting for each in chosen)
        guarded = {setting: figures(setting, is_oracle=False) for setting in settings}
        oracles = {
            setting: figures(setting, is_oracle=True)
            for setting in dict.fromkeys(each.setting for each in chosen if each.needs_oracle)
        }

    missed = 0
    print()
    for each in chosen:
        skew, share = each.setting
        oracle = oracles.get(each.setting) if each.needs_oracle else None
        is_met = each.is_met(guarded[each.setting], oracle)
        missed += not is_met
        came_out = described(guarded[each.setting], each.setting, oracle)
        print(
            f"{'met   ' if is_met else 'MISSED'} {each.name} {NAMES[skew]}, "
            f"{100 * share:.0f} % flip: {each.wanted}: {came_out}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
