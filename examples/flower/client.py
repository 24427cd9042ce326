"""The clients of the federation. Flower's simulation runs this module in processes of its own."""

from __future__ import annotations

from functools import cache
from typing import cast

import digits
import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

CLIENT_COUNT = 10
POISONERS = (0, 1)
TEST_COUNT = 397

app = ClientApp()


@cache
def client_data(partition: int) -> digits.Data:
    """What a client has of the digits; a poisoner's labels are wrong, and it does not know why."""
    everything, _ = digits.load(TEST_COUNT)
    parts = digits.split(digits.with_shifts(everything), CLIENT_COUNT, np.random.default_rng(1))
    data = parts[partition]
    return data.with_flipped_labels() if partition in POISONERS else data


@app.train()
def train(message: Message, context: Context) -> Message:
    partition = int(context.node_config["partition-id"])
    round_number = message.content.config_records["config"]["server-round"]
    weights = digits.train(
        message.content.array_records["arrays"].to_numpy_ndarrays(),
        client_data(partition),
        np.random.default_rng([partition, cast(int, round_number)]),
    )
    content = RecordDict(
        {
            "arrays": ArrayRecord(weights),
            "metrics": MetricRecord({"num-examples": len(client_data(partition))}),
        }
    )
    return Message(content=content, reply_to=message)


@app.query()
def introduce(message: Message, context: Context) -> Message:
    partition = int(context.node_config["partition-id"])
    content = RecordDict({"who": MetricRecord({"partition-id": partition})})
    return Message(content=content, reply_to=message)
