import { Metadata, type ServerErrorResponse } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, RequestInfo } from "../../gen/google/rpc/error_details.js";
import { Status } from "../../gen/google/rpc/status.js";
import type { RpcStatus } from "../convert-error.js";

interface Detail {
  readonly typeUrl: string;
  readonly value: Buffer;
}

/** A failed call as grpc-js sends it: code, message, and `google.rpc.Status` with its details. */
export function grpcError(rpcStatus: RpcStatus): ServerErrorResponse {
  const { code, message } = rpcStatus;
  const metadata = new Metadata();
  const bytes = Status.encode({ code, message, details: detailsOf(rpcStatus) }).finish();
  metadata.set("grpc-status-details-bin", Buffer.from(bytes));
  return Object.assign(new Error(message), { code, details: message, metadata });
}

function detailsOf({ errorInfo, fieldViolations, requestId }: RpcStatus): Detail[] {
  const details: Detail[] = [];
  if (errorInfo) {
    const info = { ...errorInfo, metadata: { ...errorInfo.metadata } };
    details.push(detail("ErrorInfo", ErrorInfo.encode(info).finish()));
  }
  if (fieldViolations.length > 0) {
    const violations = fieldViolations.map(({ field, description }) => ({
      field,
      description,
      reason: "",
    }));
    const badRequest = BadRequest.encode({ fieldViolations: violations }).finish();
    details.push(detail("BadRequest", badRequest));
  }
  if (requestId !== undefined) {
    details.push(
      detail("RequestInfo", RequestInfo.encode({ requestId, servingData: "" }).finish()),
    );
  }
  return details;
}

function detail(message: string, bytes: Uint8Array): Detail {
  return { typeUrl: `type.googleapis.com/google.rpc.${message}`, value: Buffer.from(bytes) };
}
