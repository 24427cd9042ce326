import { expect, test } from "vitest";
import { madeOnce } from "../../src/transport/made-once.js";

test("what is made for an object is made once, each way of making by itself", () => {
  let made = 0;
  const counted = (prefix: string) =>
    madeOnce(({ name }: { readonly name: string }) => `${prefix} ${name} ${(made += 1)}`);
  const [first, second] = [counted("first"), counted("second")];
  const [one, other] = [{ name: "one" }, { name: "other" }];
  expect([one, other, one].map(first)).toEqual(["first one 1", "first other 2", "first one 1"]);
  expect([one, one].map(second)).toEqual(["second one 3", "second one 3"]);
});

test("it does not show in what is written of the object", () => {
  const message = { name: "one" };
  madeOnce(() => "made")(message);
  expect([Object.keys(message), JSON.stringify(message)]).toEqual([["name"], '{"name":"one"}']);
});
