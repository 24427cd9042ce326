"""How the updates of a round compare: the numbers that trust is made of.

The updates stay with the aggregator; the policy engine gets two ratios for each. Both are divided
by what is usual in the round, so they depend neither on the model nor on the learning rate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flopynet.policy.v1.trust_types_pb2 import AlignmentReference
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]

LEAST_MEDIAN_COSINE = 0.05
"""Below this a round's median cosine says that there is no common direction to divide by."""
LOWEST_RATIO, HIGHEST_RATIO = -1.0, 1.5
ROOT_FULL_COSINE = 0.2
"""Median cosine to the root update from which on it counts as much as the robust centre."""
HIGHEST_NORM_RATIO = 1e6
"""Keeps the ratio finite; far beyond where the engine stops looking."""
_NOTHING_LEFT = 1e-9
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Comparison:
    """A client's update beside those of the round. None: cannot be told."""

    alignment: float | None
    """Cosine to the reference: -1 to 1."""
    alignment_ratio: float | None
    """The same, divided by the round's median: -1 to 1.5."""
    norm_ratio: float | None
    """Length, divided by the round's median: at least 0."""
    reference: AlignmentReference
    """What the update was compared with."""


def compare_updates(
    updates: Mapping[str, ArrayLike],
    *,
    trust: Mapping[str, float],
    excluded: Collection[str] = (),
    root: ArrayLike | None = None,
) -> dict[str, Comparison]:
    """Compares each client's update with a robust centre of all, and with `root` where given.

    The centre is made of the half of the admitted clients that lies nearest to their median
    direction, weighted by trust, each update being left out of its own. So excluded clients, and a
    minority that pulls elsewhere, have no say in what is normal.

    An update that cannot be compared is left out of the result: one that is not finite, or that
    has another size than most. Do not aggregate it.

    Args:
        updates: Change of the model by client: trained minus sent, as an array of any shape.
        trust: `trust_score` of each client before the round, above 0.
        excluded: Clients whose state is EXCLUDED: compared, but never compared with.
        root: The same change made from data of the server's own.

    Raises:
        KeyError: If `trust` lacks a client of `updates`.
        ValueError: If an update or `root` is no array of numbers, such as a list of layers of
            different sizes; if `root` is not finite, or has another size than the updates.
    """
    vectors = _usable(updates)
    if not vectors:
        return {}
    clients = sorted(vectors)
    lengths = np.array([_length(vectors[client]) for client in clients])
    directions = np.empty((len(clients), vectors[clients[0]].size))
    for row, client in zip(directions, clients, strict=True):
        row[:] = _direction(vectors[client])
    is_admitted = np.array([client not in excluded for client in clients])
    weights = np.array([trust[client] for client in clients], dtype=np.float64)

    cosines = _cosines_to_centre(directions, is_admitted, weights)
    ratios = _ratios(cosines, is_admitted)
    reference = AlignmentReference.ALIGNMENT_REFERENCE_ROBUST_CENTRE
    if root is not None:
        root_cosines = np.clip(directions @ _root_direction(root, directions.shape[1]), -1.0, 1.0)
        root_ratios = _ratios(root_cosines, is_admitted)
        if np.isnan(ratios).all():
            cosines, ratios = root_cosines, root_ratios
            reference = AlignmentReference.ALIGNMENT_REFERENCE_ROOT
        else:
            ratios = _mean_ratios(ratios, root_ratios, _median(root_cosines, is_admitted))
            reference = AlignmentReference.ALIGNMENT_REFERENCE_BOTH
    norm_ratios = _norm_ratios(lengths, is_admitted)
    return {
        client: Comparison(
            alignment=_told(cosines[index]),
            alignment_ratio=_told(ratios[index]),
            norm_ratio=_told(norm_ratios[index]),
            reference=(
                AlignmentReference.ALIGNMENT_REFERENCE_NONE
                if np.isnan(ratios[index])
                else reference
            ),
        )
        for index, client in enumerate(clients)
    }


def _usable(updates: Mapping[str, ArrayLike]) -> dict[str, Vector]:
    vectors = {
        client: _vector(update, f"the update of `{client}`") for client, update in updates.items()
    }
    finite = {
        client: vector
        for client, vector in vectors.items()
        if vector.size > 0 and np.isfinite(vector).all() and np.isfinite(_length(vector))
    }
    if not finite:
        return {}
    sizes, counts = np.unique([vector.size for vector in finite.values()], return_counts=True)
    usual_size = sizes[np.argmax(counts)]
    return {client: vector for client, vector in finite.items() if vector.size == usual_size}


def _vector(update: ArrayLike, name: str) -> Vector:
    try:
        return np.asarray(update, dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be one array of numbers: join the layers of a model, such as"
            " np.concatenate([layer.ravel() for layer in layers])"
        ) from error


def _length(vector: Vector) -> float:
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(vector))


def _direction(vector: Vector) -> Vector:
    """Of length 1; of length 0 where the vector is."""
    length = _length(vector)
    return vector / length if length > 0 else np.zeros_like(vector)


def _root_direction(root: ArrayLike, size: int) -> Vector:
    vector = _vector(root, "the root update")
    if vector.size != size:
        raise ValueError(f"`root` must have the updates' {size} elements, got {vector.size}")
    if not np.isfinite(_length(vector)):
        raise ValueError("`root` must be finite")
    return _direction(vector)


def _cosines_to_centre(
    directions: NDArray[np.float64], is_admitted: NDArray[np.bool_], weights: Vector
) -> Vector:
    """Cosine of each direction to the centre of the others; NaN where there are none."""
    admitted = np.flatnonzero(is_admitted)
    if admitted.size == 0:
        return np.full(len(directions), np.nan)
    kept_count = max(2, (admitted.size + 1) // 2)
    along_median = _along_median(directions, admitted)
    kept = admitted[np.argsort(-along_median, kind="stable")[:kept_count]]

    own = np.zeros(len(directions))
    own[kept] = weights[kept]
    centre = own @ directions
    # Leaving an update out of its own centre needs only its product with the whole one.
    along = directions @ centre
    squares = np.einsum("ij,ij->i", directions, directions)
    rest_along = along - own * squares
    rest_square = centre @ centre - 2 * own * along + own**2 * squares
    is_told = rest_square > _NOTHING_LEFT * (own.sum() ** 2)
    cosines = np.full(len(directions), np.nan)
    told = rest_along[is_told] / np.sqrt(rest_square[is_told])
    cosines[is_told] = np.clip(told, -1.0, 1.0)
    return cosines


def _along_median(directions: NDArray[np.float64], admitted: NDArray[np.intp]) -> Vector:
    """How far each admitted direction goes along the median of all of them."""
    along = np.zeros(admitted.size)
    for start in range(0, directions.shape[1], _BLOCK):  # A median copies what it looks at.
        block = directions[:, start : start + _BLOCK][admitted]
        along += block @ np.median(block, axis=0)
    return along


def _median(values: Vector, is_admitted: NDArray[np.bool_]) -> float:
    """Of the admitted; NaN where none can be told."""
    told = values[is_admitted & ~np.isnan(values)]
    return float(np.median(told)) if told.size > 0 else float("nan")


def _ratios(cosines: Vector, is_admitted: NDArray[np.bool_]) -> Vector:
    usual = max(_median(cosines, is_admitted), LEAST_MEDIAN_COSINE)
    ratios: Vector = np.clip(cosines / usual, LOWEST_RATIO, HIGHEST_RATIO)
    return ratios


def _mean_ratios(centre: Vector, root: Vector, median_root_cosine: float) -> Vector:
    """Of both, the root counting the less the less the clients agree with it."""
    weight = min(1.0, max(0.0, median_root_cosine) / ROOT_FULL_COSINE)
    both = (centre + weight * root) / (1 + weight)
    # A mean of two times 1.5 may come out a bit higher, which the engine would refuse.
    bounded: Vector = np.clip(both, LOWEST_RATIO, HIGHEST_RATIO)
    return np.where(np.isnan(centre), root, bounded)


def _norm_ratios(lengths: Vector, is_admitted: NDArray[np.bool_]) -> Vector:
    usual = _median(lengths, is_admitted)
    if not usual > 0:
        return np.full(len(lengths), np.nan)
    with np.errstate(over="ignore"):
        return np.minimum(lengths / usual, HIGHEST_NORM_RATIO)


def _told(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
