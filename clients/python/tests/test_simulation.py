"""The simulated federations: what they are made of, and that the engine defends them."""

from __future__ import annotations

import digits
import numpy as np
import pytest
from check_targets import figures_of
from federation import Result, Round, Scenario, Weigh, by_oracle, by_trust, evenly, run

from flopynet_policy import PolicyClient

SCENARIO = Scenario(skew=None, attacker_share=0.2, round_count=12, seed=1)
CLIENT_COUNT = 20


DEALT = {
    "once each to clients that are alike": (None, {1}),
    "in turn to clients that are not": (1.0, {0, 1, 2}),
}


@pytest.mark.parametrize(("skew", "times"), DEALT.values(), ids=DEALT.keys())
def test_pictures_are_dealt(skew: float | None, times: set[int]) -> None:
    numbers = np.arange(10_000)
    data = digits.Data(numbers[:, None].astype(np.float64), numbers % 10)
    parts = digits.split(data, CLIENT_COUNT, np.random.default_rng(1), skew=skew)
    assert [len(part) for part in parts] == [500] * CLIENT_COUNT
    dealt = np.concatenate([part.pictures[:, 0] for part in parts]).astype(np.int64)
    assert set(np.bincount(dealt, minlength=10_000)) == times
    assert all((part.pictures[:, 0] % 10 == part.digits).all() for part in parts)


def test_clients_know_fewer_digits_the_more_skewed_they_are() -> None:
    everything, _ = digits.load(500)

    def usual_share(skew: float | None) -> float:
        """Of a client's most frequent digit."""
        parts = digits.split(everything, CLIENT_COUNT, np.random.default_rng(1), skew=skew)
        counts = [np.bincount(part.digits, minlength=10) for part in parts]
        return float(np.median([count.max() / count.sum() for count in counts]))

    shares = [usual_share(skew) for skew in (None, 1.0, 0.5, 0.1)]
    assert shares == sorted(shares)
    assert shares[0] < 0.25
    assert shares[-1] > 0.5


def test_the_engine_excludes_those_who_flip_labels(client: PolicyClient) -> None:
    result = run(SCENARIO, by_trust(client, "test"))
    assert set(result.detected_after) == result.attackers
    assert result.falsely_excluded == set()
    assert result.influence < run(SCENARIO, evenly).influence
    assert run(SCENARIO, by_oracle).influence == 0.0


def test_figures_count_over_all_federations() -> None:
    half = Result(frozenset({1, 2}), {1: 5}, {7}, influence=0.1, accuracy=0.8)
    whole = Result(frozenset({1, 2}), {1: 4, 2: 9}, set(), influence=0.3, accuracy=0.9)
    figures = figures_of([half, whole])
    assert figures.excluded == 3 / 4
    assert figures.median_rounds == 5
    assert figures.false_exclusion == 1 / 96
    assert figures.f1 == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    assert (figures.influence, figures.accuracy) == pytest.approx((0.2, 0.85))


def test_a_root_is_compared_with_and_changes_nothing_else() -> None:
    roots: dict[int, list[bool]] = {0: [], 50: []}
    accuracies = []
    for count, told in roots.items():

        def weigh_by(_: Scenario, __: Result, told: list[bool] = told) -> Weigh:
            def weigh(came: Round) -> dict[int, float]:
                told.append(came.root_update is not None)
                return dict.fromkeys(came.updates, 1.0)

            return weigh

        accuracies.append(run(Scenario(None, 0.2, 3, seed=1, root_count=count), weigh_by).accuracy)
    assert roots == {0: [False] * 3, 50: [True] * 3}
    assert accuracies[0] == accuracies[1]
