"""A federation of ten clients, two of which poison it: without the policy engine, and with it."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path
from typing import cast
from uuid import uuid4

# Before Flower and Ray are imported: they are to tell nobody what runs here.
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import digits
import numpy as np
from admission import client_id_of
from client import CLIENT_COUNT, POISONERS, TEST_COUNT, app
from flopynet_policy import PolicyClient
from flwr.app import ArrayRecord, ConfigRecordValues, Context, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from flwr.simulation import run_simulation
from report import Outcome, plot, table
from trusted_strategy import TrustedStrategy

BACKEND: dict[str, dict[str, ConfigRecordValues]] = {
    "init_args": {"num_cpus": 2, "include_dashboard": False},
    "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
}


def partitions_of(grid: Grid) -> dict[str, int]:
    """Which client is which, for the table alone: the engine is not told."""
    questions = [
        Message(content=RecordDict(), message_type="query", dst_node_id=node_id)
        for node_id in grid.get_node_ids()
    ]
    return {
        client_id_of(reply.metadata.src_node_id): cast(
            int, reply.content.metric_records["who"]["partition-id"]
        )
        for reply in grid.send_and_receive(questions)
    }


def federate(grid: Grid, round_count: int, engine: PolicyClient | None) -> Outcome:
    """Runs a federation; with `engine`, weighted by trust."""
    outcome = Outcome(poisoners=POISONERS)
    _, test = digits.load(TEST_COUNT)

    def evaluate(round_number: int, arrays: ArrayRecord) -> MetricRecord:
        outcome.accuracies[round_number] = digits.accuracy(arrays.to_numpy_ndarrays(), test)
        return MetricRecord({"accuracy": outcome.accuracies[round_number]})

    averaging = FedAvg(fraction_evaluate=0.0)
    trusted = engine and TrustedStrategy(averaging, engine, run_id=f"digits-{uuid4()}")
    (trusted or averaging).start(
        grid,
        ArrayRecord(digits.initial_weights(np.random.default_rng(0))),
        num_rounds=round_count,
        evaluate_fn=evaluate,
    )
    if trusted:
        partitions = partitions_of(grid)
        for round_number, report in trusted.reports.items():
            outcome.trust[round_number] = {
                partitions[client_id]: trust for client_id, trust in report.trust.items()
            }
    return outcome


def simulate(round_count: int, engine: PolicyClient) -> tuple[Outcome, Outcome]:
    """The same federation twice: without the engine, and with it."""
    outcomes: list[Outcome] = []
    server_app = ServerApp()

    @server_app.main()
    def main(grid: Grid, context: Context) -> None:
        outcomes.append(federate(grid, round_count, None))
        outcomes.append(federate(grid, round_count, engine))

    run_simulation(server_app, app, num_supernodes=CLIENT_COUNT, backend_config=BACKEND)
    without, guarded = outcomes
    return without, guarded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="127.0.0.1:50051", help="host:port of its gRPC service")
    parser.add_argument("--rounds", type=int, default=20, help="of each federation (20)")
    parser.add_argument("--plot", type=Path, default=Path("trust.png"), help="where to (trust.png)")
    arguments = parser.parse_args()
    logging.getLogger("flwr").setLevel(logging.ERROR)

    print(f"{CLIENT_COUNT} clients, {len(POISONERS)} flip their labels; {arguments.rounds} rounds")
    with PolicyClient(arguments.engine) as engine:
        without, guarded = simulate(arguments.rounds, engine)
    print(table(without, guarded))
    plot(without, guarded, arguments.plot)
    print(f"plot: {arguments.plot}")


if __name__ == "__main__":
    main()
