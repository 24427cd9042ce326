"""When a call that failed is made again."""

from __future__ import annotations

import logging
import random

from flopynet.policy.v1.event_service_pb2 import StreamEventsRequest, StreamEventsResponse

from .errors import PolicyError

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

log = logging.getLogger("flopynet_policy")


class Pauses:
    """Pauses between attempts: doubling, and never quite the same for two clients."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def reset(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        pause_s = self._next_s * random.uniform(0.5, 1.0)
        self._next_s = min(2 * self._next_s, LONGEST_PAUSE_S)
        return pause_s


class Resumption:
    """Where a stream of events goes on after its connection broke."""

    def __init__(self, request: StreamEventsRequest) -> None:
        self.request = StreamEventsRequest()
        self.request.CopyFrom(request)
        self._pauses = Pauses()
        self._was_open = False

    def received(self, message: StreamEventsResponse) -> None:
        """Everything up to the cursor of `message` has arrived: the next call goes on after it."""
        self.request.after_cursor = message.cursor
        self._was_open = True
        self._pauses.reset()

    def pause_after(self, error: PolicyError | None) -> float:
        """Seconds to wait before the next call; None: the engine ended the stream without an error.

        Raises the error where another call cannot help, and before anything was received: then the
        address is more likely wrong than the engine away.
        """
        if error is not None and not (self._was_open and error.is_passing):
            raise error
        pause_s = self._pauses.next_s()
        log.warning("events: %s; going on in %.1f s", error or "the stream ended", pause_s)
        return pause_s
