import type { CheckConnectionRequest } from "../src/gen/flopynet/policy/v1/decision_service.js";

/** An FL client that opens a connection to the FL server: allowed by FLOPY-NET's policies. */
export const CHECK: CheckConnectionRequest = {
  requestId: "",
  clientId: "client-7",
  srcType: "fl-client",
  dstType: "fl-server",
  srcIp: "192.168.100.101",
  dstIp: "192.168.100.10",
  dstPort: 8080,
  protocol: "tcp",
  explain: false,
};

/** The same as JSON over REST. */
export const CHECK_JSON = {
  client_id: CHECK.clientId,
  ...{ src_type: CHECK.srcType, dst_type: CHECK.dstType },
  ...{ src_ip: CHECK.srcIp, dst_ip: CHECK.dstIp },
  ...{ dst_port: CHECK.dstPort, protocol: CHECK.protocol },
};

/** The same as a question to the policies of a type. */
export const CHECK_OF_TYPE_JSON = { policy_type: "network_security", context: CHECK_JSON };
