import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [],
    passWithNoTests: false,
    pool: "forks",
    testTimeout: 20_000, // Real servers and child processes, on machines with two slow cores.
    hookTimeout: 30_000,
    coverage: { include: ["src/**"], exclude: ["src/gen/**"] },
  },
});
