import { expect, it } from "vitest";
import { issuesIn } from "../../support/lint-texts.js";

it("rules of one shape cost no square: that some were not compared is said", async () => {
  const rules = Array.from({ length: 5000 }, (_, index) => ({
    action: index % 2 === 0 ? "allow" : "deny",
    match: { dst_port: `${index + 1}-${index + 2}` },
  }));
  const issues = await issuesIn(
    JSON.stringify({ policies: { p: { type: "network_security", rules } } }),
  );
  expect(issues.map(({ check }) => check)).toEqual(["lint-incomplete"]);
});
