"""The policy engine for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from types import TracebackType
from typing import TypeVar

import grpc
import grpc.aio
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


class AsyncPolicyClient:
    """`PolicyClient` for asyncio: the same calls, awaited. Make it inside the event loop."""

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._channel = (
            grpc.aio.insecure_channel(address, CHANNEL_OPTIONS)
            if credentials is None
            else grpc.aio.secure_channel(address, credentials, CHANNEL_OPTIONS)
        )
        self._decisions = PolicyDecisionServiceStub(self._channel)
        self._events = EventServiceStub(self._channel)
        self._trust = TrustServiceStub(self._channel)

    async def __aenter__(self) -> AsyncPolicyClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends what is under way, and the connection."""
        await self._channel.close()

    async def check_connection(
        self, request: decision_pb.CheckConnectionRequest
    ) -> decision_pb.CheckConnectionResponse:
        """See `PolicyClient.check_connection`."""
        answer: decision_pb.CheckConnectionResponse
        answer = await self._ask(self._decisions.CheckConnection, request)
        return answer

    async def batch_check_connections(
        self, requests: Sequence[decision_pb.CheckConnectionRequest], *, explain: bool = False
    ) -> list[decision_pb.CheckConnectionResponse]:
        """See `PolicyClient.batch_check_connections`."""
        batch = decision_pb.BatchCheckConnectionsRequest(items=requests, explain=explain)
        return list((await self._ask(self._decisions.BatchCheckConnections, batch)).results)

    async def stream_check_connections(
        self,
        requests: Iterable[decision_pb.CheckConnectionRequest]
        | AsyncIterable[decision_pb.CheckConnectionRequest],
    ) -> AsyncGenerator[decision_pb.CheckConnectionResponse, None]:
        """See `PolicyClient.stream_check_connections`; `requests` is read as a task of its own."""
        call = self._decisions.StreamCheckConnections(_questions(requests))
        try:
            message: decision_pb.StreamCheckConnectionsResponse
            async for message in call:
                yield message.result
        except grpc.RpcError as error:
            raise policy_error(error) from error
        finally:
            call.cancel()

    async def check_policy(
        self, request: decision_pb.CheckPolicyRequest
    ) -> decision_pb.CheckPolicyResponse:
        """See `PolicyClient.check_policy`."""
        answer: decision_pb.CheckPolicyResponse
        answer = await self._ask(self._decisions.CheckPolicy, request)
        return answer

    async def batch_check_policies(
        self, requests: Sequence[decision_pb.CheckPolicyRequest], *, explain: bool = False
    ) -> list[decision_pb.CheckPolicyResponse]:
        """See `PolicyClient.batch_check_policies`."""
        batch = decision_pb.BatchCheckPoliciesRequest(items=requests, explain=explain)
        return list((await self._ask(self._decisions.BatchCheckPolicies, batch)).results)

    async def stream_events(
        self, request: event_pb.StreamEventsRequest | None = None
    ) -> AsyncGenerator[event_pb.StreamEventsResponse, None]:
        """See `PolicyClient.stream_events`."""
        resumption = Resumption(request or event_pb.StreamEventsRequest())
        while True:
            call = self._events.StreamEvents(resumption.request)
            failure: PolicyError | None = None
            try:
                message: event_pb.StreamEventsResponse
                async for message in call:
                    resumption.received(message)
                    yield message
            except grpc.RpcError as error:
                failure = policy_error(error)
            finally:
                call.cancel()
            await asyncio.sleep(resumption.pause_after(failure))

    async def publish_event(self, event: Event) -> Event:
        """See `PolicyClient.publish_event`."""
        request = event_pb.PublishEventRequest(event=event)
        answer: event_pb.PublishEventResponse
        answer = await self._ask(self._events.PublishEvent, request)
        return answer.event

    async def evaluate_trust(
        self, request: trust_pb.EvaluateTrustRequest
    ) -> trust_pb.EvaluateTrustResponse:
        """See `PolicyClient.evaluate_trust`."""
        answer: trust_pb.EvaluateTrustResponse
        answer = await self._ask(self._trust.EvaluateTrust, request)
        return answer

    async def list_trust_scores(
        self, request: trust_pb.ListTrustScoresRequest | None = None
    ) -> list[TrustScore]:
        """See `PolicyClient.list_trust_scores`."""
        page_request = first_page(request)
        scores: list[TrustScore] = []
        while True:
            page: trust_pb.ListTrustScoresResponse
            page = await self._ask(self._trust.ListTrustScores, page_request)
            scores.extend(page.scores)
            page_request.page_token = page.next_page_token
            if page.next_page_token == "":
                return scores

    async def report_observations(
        self, request: trust_pb.ReportObservationsRequest
    ) -> trust_pb.ReportObservationsResponse:
        """See `PolicyClient.report_observations`."""
        answer: trust_pb.ReportObservationsResponse
        answer = await self._ask(self._trust.ReportObservations, request)
        return answer

    async def _ask(self, method: Callable[..., Awaitable[Answer]], request: object) -> Answer:
        try:
            return await method(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise policy_error(error) from error


async def _questions(
    requests: Iterable[decision_pb.CheckConnectionRequest]
    | AsyncIterable[decision_pb.CheckConnectionRequest],
) -> AsyncIterator[decision_pb.StreamCheckConnectionsRequest]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield decision_pb.StreamCheckConnectionsRequest(check=request)
    else:
        for request in requests:
            yield decision_pb.StreamCheckConnectionsRequest(check=request)
