"""The policy engine for code that waits for its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from types import TracebackType
from typing import TypeVar

import grpc
from flopynet.policy.v1 import decision_service_pb2 as decision_pb
from flopynet.policy.v1 import event_service_pb2 as event_pb
from flopynet.policy.v1 import trust_service_pb2 as trust_pb
from flopynet.policy.v1.decision_service_pb2_grpc import PolicyDecisionServiceStub
from flopynet.policy.v1.event_pb2 import Event
from flopynet.policy.v1.event_service_pb2_grpc import EventServiceStub
from flopynet.policy.v1.trust_service_pb2_grpc import TrustServiceStub
from flopynet.policy.v1.trust_types_pb2 import TrustScore

from .connection import CHANNEL_OPTIONS, DEFAULT_TIMEOUT_S, first_page
from .errors import PolicyError, policy_error
from .retry import Resumption

Answer = TypeVar("Answer")


class PolicyClient:
    """Asks a running policy engine. Safe to share between threads; close it, or use it in `with`.

    A method raises `PolicyError` when there is no answer. It never makes a check again by itself:
    what happens to a connection that could not be checked is for the caller to say, and the safe
    answer is no.

    Args:
        address: `host:port` of the engine's gRPC service.
        timeout_s: Seconds after which a call, not a stream, fails with DEADLINE_EXCEEDED.
        credentials: Of a TLS connection. None: plain text, for loopback and trusted networks.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._channel = (
            grpc.insecure_channel(address, CHANNEL_OPTIONS)
            if credentials is None
            else grpc.secure_channel(address, credentials, CHANNEL_OPTIONS)
        )
        self._decisions = PolicyDecisionServiceStub(self._channel)
        self._events = EventServiceStub(self._channel)
        self._trust = TrustServiceStub(self._channel)

    def __enter__(self) -> PolicyClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends what is under way, and the connection."""
        self._channel.close()

    def check_connection(
        self, request: decision_pb.CheckConnectionRequest
    ) -> decision_pb.CheckConnectionResponse:
        """Whether a connection may be made. A denial is an answer: look at `allowed`."""
        answer: decision_pb.CheckConnectionResponse = self._ask(
            self._decisions.CheckConnection, request
        )
        return answer

    def batch_check_connections(
        self, requests: Sequence[decision_pb.CheckConnectionRequest], *, explain: bool = False
    ) -> list[decision_pb.CheckConnectionResponse]:
        """The answers in the order of the questions, all from one version of policy.

        An invalid item is answered with `deny_kind` INVALID_REQUEST; the others go on.
        """
        batch = decision_pb.BatchCheckConnectionsRequest(items=requests, explain=explain)
        return list(self._ask(self._decisions.BatchCheckConnections, batch).results)

    def stream_check_connections(
        self, requests: Iterable[decision_pb.CheckConnectionRequest]
    ) -> Generator[decision_pb.CheckConnectionResponse, None, None]:
        """Answers one after the other over one call, in the order of the questions.

        `requests` is read in another thread, as fast as the engine takes them.
        """
        questions = (
            decision_pb.StreamCheckConnectionsRequest(check=request) for request in requests
        )
        call = self._decisions.StreamCheckConnections(questions)
        try:
            message: decision_pb.StreamCheckConnectionsResponse
            for message in call:
                yield message.result
        except grpc.RpcError as error:
            raise policy_error(error) from error
        finally:
            call.cancel()

    def check_policy(
        self, request: decision_pb.CheckPolicyRequest
    ) -> decision_pb.CheckPolicyResponse:
        """What the policies of one type say about the situation that `context` describes."""
        answer: decision_pb.CheckPolicyResponse = self._ask(self._decisions.CheckPolicy, request)
        return answer

    def batch_check_policies(
        self, requests: Sequence[decision_pb.CheckPolicyRequest], *, explain: bool = False
    ) -> list[decision_pb.CheckPolicyResponse]:
        """As `batch_check_connections`, for `check_policy`."""
        batch = decision_pb.BatchCheckPoliciesRequest(items=requests, explain=explain)
        return list(self._ask(self._decisions.BatchCheckPolicies, batch).results)

    def stream_events(
        self, request: event_pb.StreamEventsRequest | None = None
    ) -> Generator[event_pb.StreamEventsResponse, None, None]:
        """Follows events until the iterator is closed, through restarts of the engine.

        Messages come as the engine sends them. Keep `cursor` when the events of a message are dealt
        with, and give it as `after_cursor` to go on later: every matching event comes exactly once,
        or a `lost` names the range. When the connection breaks, the iterator goes on at its last
        cursor by itself; it raises only what another attempt cannot mend, and any failure before
        the first message.
        """
        resumption = Resumption(request or event_pb.StreamEventsRequest())
        while True:
            call = self._events.StreamEvents(resumption.request)
            failure: PolicyError | None = None
            try:
                message: event_pb.StreamEventsResponse
                for message in call:
                    resumption.received(message)
                    yield message
            except grpc.RpcError as error:
                failure = policy_error(error)
            finally:
                call.cancel()
            time.sleep(resumption.pause_after(failure))

    def publish_event(self, event: Event) -> Event:
        """Adds an event of another component to the log; the stored event, durable when answered.

        With an `event_id` of your own (a UUID) the call may be repeated: it is added once.
        """
        request = event_pb.PublishEventRequest(event=event)
        answer: event_pb.PublishEventResponse = self._ask(self._events.PublishEvent, request)
        return answer.event

    def evaluate_trust(
        self, request: trust_pb.EvaluateTrustRequest
    ) -> trust_pb.EvaluateTrustResponse:
        """How far a client is trusted, and why; the prior for one never heard of."""
        answer: trust_pb.EvaluateTrustResponse = self._ask(self._trust.EvaluateTrust, request)
        return answer

    def list_trust_scores(
        self, request: trust_pb.ListTrustScoresRequest | None = None
    ) -> list[TrustScore]:
        """Every client that matches, over all pages; `page_size` and `page_token` are not used."""
        page_request = first_page(request)
        scores: list[TrustScore] = []
        while True:
            page: trust_pb.ListTrustScoresResponse = self._ask(
                self._trust.ListTrustScores, page_request
            )
            scores.extend(page.scores)
            page_request.page_token = page.next_page_token
            if page.next_page_token == "":
                return scores

    def report_observations(
        self, request: trust_pb.ReportObservationsRequest
    ) -> trust_pb.ReportObservationsResponse:
        """Reports what was seen; durable when answered. Sending the same again changes nothing."""
        answer: trust_pb.ReportObservationsResponse = self._ask(
            self._trust.ReportObservations, request
        )
        return answer

    def _ask(self, method: Callable[..., Answer], request: object) -> Answer:
        try:
            return method(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise policy_error(error) from error
