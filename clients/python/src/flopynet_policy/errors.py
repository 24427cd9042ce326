"""What a call to the policy engine can fail with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import grpc
from google.rpc import error_details_pb2, status_pb2

_DETAILS_KEY = "grpc-status-details-bin"
_LASTING = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of the request that breaks its rule."""

    field: str
    description: str


@dataclass(eq=False)
class PolicyError(Exception):
    """A call that the engine did not answer. A denied check is an answer, not an error."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    """The engine's word for it, as `REQUEST_INVALID`; empty where the engine was not reached."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Facts that belong to `reason`."""
    field_violations: tuple[FieldViolation, ...] = ()

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.message}"

    @property
    def is_passing(self) -> bool:
        """Whether the same call may succeed later: the engine is away, draining or full."""
        return self.code not in _LASTING


def policy_error(error: grpc.RpcError) -> PolicyError:
    """The error as the engine meant it."""
    call = cast(grpc.Call, error)  # What grpc raises is both.
    raised = PolicyError(code=call.code(), message=call.details() or "")
    trailers = cast(Iterable[tuple[str, str | bytes]], call.trailing_metadata() or ())
    for key, value in trailers:
        if key == _DETAILS_KEY and isinstance(value, bytes):
            _add_details(raised, status_pb2.Status.FromString(value))
    return raised


def _add_details(raised: PolicyError, status: status_pb2.Status) -> None:
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        bad_request = error_details_pb2.BadRequest()
        if detail.Unpack(info):
            raised.reason = info.reason
            raised.metadata = dict(info.metadata)
        elif detail.Unpack(bad_request):
            raised.field_violations = tuple(
                FieldViolation(violation.field, violation.description)
                for violation in bad_request.field_violations
            )
