// The layers (docs/architecture.md). Each rule says what to do instead.

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    rule(
      "core-is-pure",
      "^src/core/",
      { pathNot: "^src/core/" },
      "Core holds the decision rules. It imports only itself: no package, no node: builtin. Pass the value in.",
    ),
    rule(
      "application-knows-no-technology",
      "^src/application/",
      { pathNot: "^src/(core|application)/" },
      "A use case reaches the outside through src/application/ports. Put the driver behind one, in src/adapters.",
    ),
    rule(
      "adapters-stay-apart",
      "^src/adapters/([^/]+)/",
      { path: "^src/", pathNot: ["^src/adapters/$1/", "^src/(core|application)/"] },
      "An adapter knows its driver, the ports and the core; no other adapter, no transport, no config.",
    ),
    rule(
      "transport-goes-through-application",
      "^src/transport/",
      { path: "^src/", pathNot: "^src/(core|application|transport|gen)/" },
      "A transport calls use cases. Only main.ts hands adapters around.",
    ),
    rule(
      "transport-uses-core-types-only",
      "^src/transport/",
      { path: "^src/core/", dependencyTypesNot: ["type-only"] },
      "A transport may name what the core returns, and calls a use case to get it.",
    ),
    rule(
      "transports-stay-apart",
      "^src/transport/([^/]+)/",
      { path: "^src/transport/[^/]+/", pathNot: "^src/transport/$1/" },
      "gRPC and REST share src/transport/*.ts and nothing of each other's.",
    ),
    rule(
      "what-transports-share-knows-no-transport",
      "^src/transport/[^/]+[.]ts$",
      { path: "^src/transport/[^/]+/" },
      "What gRPC and REST share lies below both. Move what it needs up, or its user down.",
    ),
    rule(
      "generated-code-stays-in-transport",
      { path: "^src/", pathNot: "^src/(gen|transport)/" },
      { path: "^src/gen/" },
      "Messages are converted in src/transport/convert-*.ts and go no further.",
    ),
    rule(
      "only-entry-points-compose",
      {
        path: "^src/",
        pathNot:
          "^src/((main|cli|command-line|[a-z]+-command|offline-policies|engine|engine-storage|run-engine)[.]ts$|config/)",
      },
      { path: "^src/config/" },
      "Take the value as an argument; the composition root (engine.ts, run-engine.ts) passes it.",
    ),
    rule(
      "config-stands-alone",
      "^src/config/",
      { path: "^src/", pathNot: "^src/(config|core)/" },
      "Settings are plain values; main.ts turns them into what a layer needs.",
    ),
    rule(
      "nothing-imports-an-entry-point",
      {},
      { path: "^src/(main|cli)[.]ts$" },
      "Move what is shared.",
    ),
    rule(
      "drivers-at-the-edge",
      { path: "^src/", pathNot: "^src/(adapters|transport|gen|main[.]ts|cli[.]ts)" },
      {
        path: "^node_modules/(libsql|@nats-io|@grpc|grpc-health-check|express|pino|prom-client|@types/express)",
      },
      "A driver is named in its adapter or transport, and nowhere else.",
    ),
    rule(
      "no-cycles",
      {},
      { circular: true },
      "Two files that need each other are one, or hide a third.",
    ),
    rule(
      "no-test-in-production",
      "^src/",
      { path: "^(test|bench)/" },
      "Move what is shared into src.",
    ),
    rule(
      "no-unresolvable-import",
      {},
      { couldNotResolve: true },
      "An import that is not found is not checked either. Mend the path, or install the package.",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true, // Sees type-only imports too.
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types"] },
  },
};

function rule(name, from, to, comment) {
  return {
    name,
    comment,
    severity: "error",
    from: typeof from === "string" ? { path: from } : from,
    to,
  };
}
