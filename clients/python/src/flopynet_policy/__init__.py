"""Client of the FLOPY-NET policy engine.

`PolicyClient` and `AsyncPolicyClient` ask it; `TrustReporter` is the aggregator's side of trust.
Requests and answers are the messages of `flopynet.policy.v1`.
"""

from .aio import AsyncPolicyClient
from .client import PolicyClient
from .compare import Comparison, compare_updates
from .errors import FieldViolation, PolicyError
from .reporter import ClientTrust, ClientUpdate, RoundReport, TrustReporter

__all__ = [
    "AsyncPolicyClient",
    "ClientTrust",
    "ClientUpdate",
    "Comparison",
    "FieldViolation",
    "PolicyClient",
    "PolicyError",
    "RoundReport",
    "TrustReporter",
    "compare_updates",
]
