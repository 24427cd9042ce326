"""What the ratios of a round say, and what cannot sway them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from flopynet.policy.v1.trust_types_pb2 import AlignmentReference
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flopynet_policy import Comparison, compare_updates

Update = NDArray[np.float64]

CENTRE = AlignmentReference.ALIGNMENT_REFERENCE_ROBUST_CENTRE
ROOT = AlignmentReference.ALIGNMENT_REFERENCE_ROOT
BOTH = AlignmentReference.ALIGNMENT_REFERENCE_BOTH
NONE = AlignmentReference.ALIGNMENT_REFERENCE_NONE
SIZE = 60
CLIENTS = [f"client-{number}" for number in range(10)]


def round_of(seed: int, *, spread: float = 0.5) -> dict[str, Update]:
    """Ten updates around one direction."""
    randomness = np.random.default_rng(seed)
    common = randomness.normal(size=SIZE)
    return {client: common + spread * randomness.normal(size=SIZE) for client in CLIENTS}


def compare(
    updates: Mapping[str, Update],
    *,
    trust: float = 0.5,
    excluded: tuple[str, ...] = (),
    root: Update | None = None,
) -> dict[str, Comparison]:
    return compare_updates(
        updates, trust=dict.fromkeys(updates, trust), excluded=excluded, root=root
    )


def alignment_ratio(comparison: Comparison) -> float:
    assert comparison.alignment_ratio is not None
    return comparison.alignment_ratio


def norm_ratio(comparison: Comparison) -> float:
    assert comparison.norm_ratio is not None
    return comparison.norm_ratio


# By hand: two of three keep together. a and b are each other's centre; c is compared with a + b.
def test_a_round_worked_out_by_hand() -> None:
    compared = compare(
        {"a": np.array([2.0, 0.0]), "b": np.array([3.0, 4.0]), "c": np.array([0.0, -1.0])}
    )
    cosines = {"a": 0.6, "b": 0.6, "c": -0.8 / np.hypot(1.6, 0.8)}
    for client, cosine in cosines.items():
        assert compared[client].alignment == pytest.approx(cosine)
        assert compared[client].alignment_ratio == pytest.approx(cosine / 0.6)
        assert compared[client].reference == CENTRE
    assert [compared[client].norm_ratio for client in "abc"] == [1.0, 2.5, 0.5]


def test_trust_weighs_the_centre() -> None:
    updates = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0]), "c": np.array([1.0, 1.0])}
    updates |= {"d": np.array([3.0, 3.0])}
    excluded = ("c", "d")
    compared = compare_updates(
        updates, trust={"a": 0.8, "b": 0.2, "c": 0.5, "d": 0.5}, excluded=excluded
    )
    assert compared["c"].alignment == pytest.approx((0.8 + 0.2) / (np.hypot(0.8, 0.2) * np.sqrt(2)))


def test_a_round_without_a_common_direction_is_not_given_one() -> None:
    """The median cosine is 0.01: it counts as 0.05."""
    updates = {str(n): np.eye(4)[n] + 0.1 * np.eye(4)[3] for n in range(3)}
    for each in compare(updates).values():
        assert each.alignment is not None
        assert each.alignment < 0.02
        assert each.alignment_ratio == pytest.approx(each.alignment / 0.05)


def test_a_length_that_is_out_of_all_proportion_is_still_a_number() -> None:
    updates = {"a": np.full(SIZE, 1e-156), "b": np.full(SIZE, 1e-156), "c": np.full(SIZE, 1e153)}
    assert compare(updates)["c"].norm_ratio == 1e6


Attack = Callable[[Update], Update]
ATTACKS: dict[str, tuple[Attack, Callable[[Comparison], bool]]] = {
    "a flipped sign points the other way": (lambda u: -u, lambda c: alignment_ratio(c) < -0.5),
    "an update scaled up is too long": (lambda u: 10 * u, lambda c: norm_ratio(c) > 6),
    "noise points nowhere": (
        lambda u: np.random.default_rng(7).normal(size=SIZE),
        lambda c: abs(alignment_ratio(c)) < 0.5,
    ),
    "an update of nothing is too short": (
        lambda u: np.zeros(SIZE),
        lambda c: norm_ratio(c) == 0 and alignment_ratio(c) == 0,
    ),
}


@pytest.mark.parametrize(("attack", "shows"), ATTACKS.values(), ids=ATTACKS.keys())
def test_three_attackers_of_ten_show(attack: Attack, shows: Callable[[Comparison], bool]) -> None:
    updates = round_of(1)
    for client in CLIENTS[:3]:
        updates[client] = attack(updates[client])
    compared = compare(updates)
    assert [shows(compared[client]) for client in CLIENTS] == [True] * 3 + [False] * 7


UNUSABLE = {
    "not a number": np.full(SIZE, np.nan),
    "infinite": np.full(SIZE, np.inf),
    "of a length beyond numbers": np.full(SIZE, 1e300),
    "longer than the others": np.ones(SIZE + 1),
    "shorter than the others": np.ones(SIZE - 1),
    "empty": np.ones(0),
}


@pytest.mark.parametrize("update", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_update_is_left_out_and_sways_nothing_when_it_is(update: Update) -> None:
    updates = round_of(2)
    rest = {client: each for client, each in updates.items() if client != CLIENTS[0]}
    assert compare(rest | {CLIENTS[0]: update}) == compare(rest)


REFERENCES: dict[str, tuple[int, tuple[str, ...], bool, AlignmentReference]] = {
    "several clients: the centre": (10, (), False, CENTRE),
    "several clients and a root: both": (10, (), True, BOTH),
    "one client: nothing": (1, (), False, NONE),
    "one client and a root: the root": (1, (), True, ROOT),
    "all excluded: nothing": (10, tuple(CLIENTS), False, NONE),
}


@pytest.mark.parametrize(
    ("count", "excluded", "has_root", "reference"), REFERENCES.values(), ids=REFERENCES.keys()
)
def test_the_reference_is_told(
    count: int, excluded: tuple[str, ...], has_root: bool, reference: AlignmentReference
) -> None:
    updates = dict(list(round_of(3).items())[:count])
    root = np.mean(list(updates.values()), axis=0) if has_root else None
    compared = compare(updates, excluded=excluded, root=root)
    assert {each.reference for each in compared.values()} == {reference}
    assert {each.alignment_ratio is None for each in compared.values()} == {reference == NONE}


def test_a_root_that_the_clients_agree_with_counts_as_much_as_the_centre() -> None:
    updates = round_of(4)
    root = np.mean(list(updates.values()), axis=0)
    both, centre = compare(updates, root=root), compare(updates)
    to_root = {
        client: float(each @ root / np.linalg.norm(each) / np.linalg.norm(root))
        for client, each in updates.items()
    }
    usual = float(np.median(list(to_root.values())))
    assert usual > 0.2
    for client in CLIENTS:
        expected = (alignment_ratio(centre[client]) + to_root[client] / usual) / 2
        assert both[client].alignment_ratio == pytest.approx(expected)


def test_ratios_of_centre_and_root_together_are_none_that_the_engine_refuses() -> None:
    for seed in range(50):
        updates = round_of(seed, spread=4)
        root = updates["client-0"] + updates["client-1"]
        ratios = [alignment_ratio(each) for each in compare(updates, root=root).values()]
        assert min(ratios) >= -1
        assert max(ratios) <= 1.5


def test_an_update_along_the_root_alone_has_an_alignment_that_the_engine_takes() -> None:
    for seed in range(50):
        update = np.random.default_rng(seed).normal(size=100)
        (alone,) = compare({"client-0": update}, root=3 * update).values()
        assert alone.alignment is not None
        assert abs(alone.alignment) <= 1


def test_a_root_that_nobody_agrees_with_counts_nothing() -> None:
    updates = round_of(5)
    against = -np.mean(list(updates.values()), axis=0)
    with_root, without = compare(updates, root=against), compare(updates)
    for client in CLIENTS:
        assert with_root[client].alignment_ratio == without[client].alignment_ratio


BAD_ROOTS = {
    "of another size": (np.ones(SIZE + 1), "60 elements, got 61"),
    "not finite": (np.full(SIZE, np.nan), "finite"),
}


@pytest.mark.parametrize(("root", "message"), BAD_ROOTS.values(), ids=BAD_ROOTS.keys())
def test_a_root_is_refused_that_is(root: Update, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(round_of(6), root=root)


NO_ARRAYS = {
    "layers of different sizes": [np.ones(3), np.ones(2)],
    "layers of different shapes": [np.ones((2, 3)), np.ones(3)],
    "words": ["weights"],
    "layers by name": {"layer": np.ones(3)},
}


@pytest.mark.parametrize("update", NO_ARRAYS.values(), ids=NO_ARRAYS.keys())
def test_an_update_is_refused_that_is(update: Any) -> None:
    told = r"of `client` must be one array of numbers: join .* np\.concatenate"
    with pytest.raises(ValueError, match=told):
        compare_updates({"client": update}, trust={"client": 0.5})


def test_no_updates_are_no_comparisons() -> None:
    assert compare({}) == {}


seeds = st.integers(0, 2**32 - 1)
lengths = st.floats(1e-6, 1e6)


@given(seed=seeds, scale=lengths)
def test_ratios_depend_neither_on_the_unit_nor_on_the_learning_rate(
    seed: int, scale: float
) -> None:
    updates = round_of(seed)
    scaled = {client: scale * update for client, update in updates.items()}
    for client, each in compare(updates).items():
        other = compare(scaled)[client]
        assert other.alignment_ratio == pytest.approx(each.alignment_ratio, abs=1e-9)
        assert other.norm_ratio == pytest.approx(each.norm_ratio, rel=1e-9)


@given(seed=seeds, order=st.permutations(CLIENTS))
def test_the_order_of_the_clients_changes_nothing(seed: int, order: list[str]) -> None:
    updates = round_of(seed)
    assert compare({client: updates[client] for client in order}) == compare(updates)


@given(seed=seeds, spread=st.floats(0.1, 20.0), zeros=st.integers(0, 10))
def test_every_ratio_is_in_the_range_that_the_engine_takes(
    seed: int, spread: float, zeros: int
) -> None:
    updates = round_of(seed, spread=spread)
    updates |= {client: np.zeros(SIZE) for client in CLIENTS[:zeros]}
    for each in compare(updates).values():
        assert each.alignment is None or -1.0 <= each.alignment <= 1.0
        assert each.alignment_ratio is None or -1.0 <= each.alignment_ratio <= 1.5
        assert each.norm_ratio is None or 0.0 <= each.norm_ratio < np.inf


@given(seed=seeds, other=seeds)
def test_what_an_excluded_client_sends_changes_nothing_for_the_others(
    seed: int, other: int
) -> None:
    updates = round_of(seed)
    changed = updates | {CLIENTS[0]: round_of(other, spread=9.0)[CLIENTS[0]]}
    excluded = (CLIENTS[0],)
    before, after = compare(updates, excluded=excluded), compare(changed, excluded=excluded)
    for client in CLIENTS[1:]:
        assert before[client] == after[client]


@given(seed=seeds)
def test_the_median_of_the_admitted_is_one(seed: int) -> None:
    compared = compare(round_of(seed), excluded=(CLIENTS[0],))
    admitted = [compared[client] for client in CLIENTS[1:]]
    assert np.median([norm_ratio(each) for each in admitted]) == pytest.approx(1.0)
    assert np.median([alignment_ratio(each) for each in admitted]) == pytest.approx(1.0)


@given(seed=seeds, count=st.integers(2, 10))
def test_no_client_vouches_for_itself(seed: int, count: int) -> None:
    """Its own update is left out of the centre it is compared with, by plain summation."""
    clients = CLIENTS[:count]
    updates = {client: round_of(seed)[client] for client in clients}
    directions = {client: each / np.linalg.norm(each) for client, each in updates.items()}
    median = np.median(list(directions.values()), axis=0)
    nearest = sorted(clients, key=lambda client: -float(directions[client] @ median))
    kept = nearest[: max(2, -(-count // 2))]
    for client, each in compare(updates).items():
        centre = np.sum([directions[other] for other in kept if other != client], axis=0)
        cosine = float(directions[client] @ centre / np.linalg.norm(centre))
        assert each.alignment == pytest.approx(cosine)
