"""How a client is connected, waiting or not."""

from __future__ import annotations

from flopynet.policy.v1.trust_service_pb2 import ListTrustScoresRequest

DEFAULT_TIMEOUT_S = 10.0
_MAX_PAGE = 1000

# A peer that is gone without a word is noticed within 30 s, and an engine that is back within 2 s.
CHANNEL_OPTIONS = [
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]


def first_page(request: ListTrustScoresRequest | None) -> ListTrustScoresRequest:
    """A copy of `request` that asks for the first page, as large as pages get."""
    page = ListTrustScoresRequest()
    page.CopyFrom(request or ListTrustScoresRequest())
    page.page_size = _MAX_PAGE
    page.page_token = ""
    return page
