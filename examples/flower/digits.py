"""A small federated task: handwritten digits, split over clients, and a network of two layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

Weights = list[NDArray[np.float64]]
"""Of the two layers: weights and biases of each."""

PIXELS, HIDDEN, DIGITS = 64, 48, 10
SIDE = 8
BATCH = 32


@dataclass(frozen=True)
class Data:
    """Pictures of 8 x 8 pixels, each from 0 to 1, and the digits they show."""

    pictures: NDArray[np.float64]
    digits: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.digits)

    def part(self, indices: NDArray[np.int64]) -> Data:
        return Data(self.pictures[indices], self.digits[indices])

    def with_flipped_labels(self) -> Data:
        """As a poisoner has it: every digit is called 9 - digit."""
        return Data(self.pictures, 9 - self.digits)


def load(test_count: int) -> tuple[Data, Data]:
    """Scikit-learn's 1,797 digits: those to train on, and `test_count` to test with."""
    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    everything = Data(bunch.data / 16.0, bunch.target.astype(np.int64))
    return everything.part(order[test_count:]), everything.part(order[:test_count])


def with_shifts(data: Data) -> Data:
    """Nine times as many: every picture as it is, and moved by a pixel in each direction."""
    squares = data.pictures.reshape(-1, SIDE, SIDE)
    padded = np.pad(squares, ((0, 0), (1, 1), (1, 1)))
    moved = [
        padded[:, down : down + SIDE, right : right + SIDE].reshape(-1, PIXELS)
        for down in range(3)
        for right in range(3)
    ]
    return Data(np.concatenate(moved), np.tile(data.digits, 9))


def split(
    data: Data, client_count: int, randomness: np.random.Generator, *, skew: float | None = None
) -> list[Data]:
    """Deals `data` out to clients of one size.

    Args:
        skew: Concentration of the Dirichlet distribution that each client's digits are drawn from:
            the smaller, the fewer digits a client knows. Pictures of a digit are then dealt in
            turn, and once more when all were dealt. None: all clients are alike, and each picture
            is dealt once.
    """
    if skew is None:
        shares = np.array_split(randomness.permutation(len(data)), client_count)
        return [data.part(share) for share in shares]
    piles = [randomness.permutation(np.flatnonzero(data.digits == each)) for each in range(DIGITS)]
    dealt = np.zeros(DIGITS, dtype=np.int64)
    parts: list[Data] = []
    for _ in range(client_count):
        wanted = randomness.multinomial(
            len(data) // client_count, randomness.dirichlet([skew] * DIGITS)
        )
        pictures = [
            np.take(pile, range(first, first + count), mode="wrap")
            for pile, first, count in zip(piles, dealt, wanted, strict=True)
        ]
        dealt += wanted
        parts.append(data.part(np.concatenate(pictures)))
    return parts


def initial_weights(randomness: np.random.Generator) -> Weights:
    return [
        randomness.normal(0.0, 1 / np.sqrt(PIXELS), (PIXELS, HIDDEN)),
        np.zeros(HIDDEN),
        randomness.normal(0.0, 1 / np.sqrt(HIDDEN), (HIDDEN, DIGITS)),
        np.zeros(DIGITS),
    ]


def train(
    weights: Weights,
    data: Data,
    randomness: np.random.Generator,
    *,
    epochs: int = 2,
    learning_rate: float = 0.1,
) -> Weights:
    """The weights after some epochs of stochastic gradient descent; `weights` stay as they are."""
    first, first_bias, second, second_bias = (each.copy() for each in weights)
    for _ in range(epochs):
        order = randomness.permutation(len(data))
        for start in range(0, len(data), BATCH):
            batch = data.part(order[start : start + BATCH])
            hidden = np.maximum(batch.pictures @ first + first_bias, 0.0)
            slope = _softmax(hidden @ second + second_bias)
            slope[np.arange(len(batch)), batch.digits] -= 1.0
            slope *= learning_rate / len(batch)
            hidden_slope = (slope @ second.T) * (hidden > 0)
            second -= hidden.T @ slope
            second_bias -= slope.sum(axis=0)
            first -= batch.pictures.T @ hidden_slope
            first_bias -= hidden_slope.sum(axis=0)
    return [first, first_bias, second, second_bias]


def accuracy(weights: Weights, data: Data) -> float:
    """Share of `data` that is told right: 0 to 1."""
    first, first_bias, second, second_bias = weights
    hidden = np.maximum(data.pictures @ first + first_bias, 0.0)
    told = np.argmax(hidden @ second + second_bias, axis=1)
    return float(np.mean(told == data.digits))


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
