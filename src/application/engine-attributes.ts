import type { ValueMap } from "../core/values.js";
import type { EngineStatus } from "./engine-status.js";
import type { Clock } from "./ports/clock.js";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * What the engine itself knows, under `engine.`: `hour` (0 to 23), `minute`, `day_of_week` (0 =
 * Monday) in `timeZone`, and `time` (whole seconds since the epoch). Never under a name that a caller
 * sends. The same object within one second. Of the time that is asked for, which is now by default.
 *
 * @param options - `timeZone` is an IANA name.
 * @throws {RangeError} If the time zone is unknown.
 */
export function createEngineAttributes(options: {
  readonly clock: Clock;
  readonly timeZone: string;
}): (timeMs?: number) => ValueMap {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: options.timeZone,
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "short",
  });
  let current: { readonly second: number; readonly attributes: ValueMap } | undefined;
  return (timeMs = options.clock.nowMs()) => {
    const second = Math.floor(timeMs / 1000);
    if (current?.second !== second) {
      current = { second, attributes: attributesAt(format, second) };
    }
    return current.attributes;
  };
}

function attributesAt(format: Intl.DateTimeFormat, second: number): ValueMap {
  const parts = new Map(
    format.formatToParts(second * 1000).map(({ type, value }) => [type, value] as const),
  );
  return {
    hour: Number(parts.get("hour")),
    minute: Number(parts.get("minute")),
    day_of_week: DAYS.indexOf(parts.get("weekday") ?? ""),
    time: second,
  };
}

/** What conditions read under `policy_engine.`: one object for each state, so that none is made to decide. */
const POLICY_ENGINE: Readonly<Record<EngineStatus["state"], ValueMap>> = {
  healthy: { status: "healthy" },
  degraded: { status: "degraded" },
  unhealthy: { status: "unhealthy" },
};

/** `policy_engine` in that state, as `/health` names it. @param state - Default: a set that is asked offline. */
export function policyEngineIn(state: EngineStatus["state"] = "healthy"): ValueMap {
  return POLICY_ENGINE[state];
}
