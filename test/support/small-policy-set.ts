/** A small set for tests of the transports: clients reach the FL server on 8080, nothing else. */
export const SMALL_POLICY_SET = {
  version: 3,
  policies: {
    net: {
      name: "network",
      type: "network_security",
      priority: 10,
      rules: [
        {
          id: "clients-to-server",
          action: "allow",
          match: { src_type: "fl-client", dst_type: "fl-server", protocol: "tcp", dst_port: 8080 },
        },
        { id: "no-telnet", action: "deny", match: { dst_port: 23 } },
      ],
    },
    rounds: {
      name: "rounds",
      type: "fl_server_control",
      rules: [{ action: "configure", condition: "round > 3", parameters: { total_rounds: 5 } }],
    },
  },
};

/** What `SMALL_POLICY_SET` allows. */
export const ALLOWED_CONNECTION = {
  src_type: "fl-client",
  dst_type: "fl-server",
  protocol: "tcp",
  dst_port: 8080,
};
