import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { TrustMetrics } from "../../application/ports/metrics.js";

// Most reports are applied in well under a millisecond; the close of a round of 100,000 takes seconds.
const APPLY_BUCKETS_S = [0.5e-3, 1e-3, 5e-3, 10e-3, 50e-3, 100e-3, 500e-3, 1, 5, 10, 30];
const OUTCOMES = ["accepted", "duplicate", "late", "rejected", "not_stored"] as const;
const CAUSES = ["ROUND_CLOSED", "LATE", "PARDON", "REGISTRATION"] as const;

/** The metrics of trust. Their labels are words of the engine: never a client, a run or a reporter. */
export function createTrustMetrics(
  named: (name: string, help: string) => { name: string; help: string; registers: Registry[] },
): TrustMetrics {
  const observations = new Counter({
    ...named("trust_observations_total", "Observations reported, by what became of them."),
    labelNames: ["outcome"],
  });
  const rejections = new Counter({
    ...named("trust_observations_rejected_total", "Observations rejected, by reason."),
    labelNames: ["reason"],
  });
  const pending = new Gauge(
    named("trust_observations_pending", "Observations being sorted, stored or applied."),
  );
  const rounds = new Counter(named("trust_rounds_closed_total", "Rounds closed and evaluated."));
  const changes = new Counter({
    ...named("trust_state_changes_total", "Changes of a client's state, by cause."),
    labelNames: ["cause"],
  });
  const duration = new Histogram({
    ...named(
      "trust_apply_duration_seconds",
      "Time to fold a stored report and record what it changed, by whether it closes a round.",
    ),
    labelNames: ["closes_round"],
    buckets: APPLY_BUCKETS_S,
  });
  const count = (outcome: (typeof OUTCOMES)[number], by: number): void => {
    observations.inc({ outcome }, by);
  };
  // So that each is there before it happens: a rate needs a first value.
  for (const outcome of OUTCOMES) count(outcome, 0);
  for (const cause of CAUSES) changes.inc({ cause }, 0);

  return {
    pending(change) {
      pending.inc(change);
    },
    reported({ accepted, duplicates, late, rejected }) {
      count("accepted", accepted);
      count("duplicate", duplicates);
      count("late", late);
      count("rejected", rejected.length);
      for (const { reason } of rejected) rejections.inc({ reason });
    },
    notStored(observed) {
      count("not_stored", observed);
    },
    applying: (closesRound) => {
      const stop = duration.startTimer({ closes_round: String(closesRound) });
      return () => void stop();
    },
    roundClosed() {
      rounds.inc();
    },
    stateChanged(cause) {
      changes.inc({ cause });
    },
    watchClients(countsByState) {
      new Gauge({
        ...named("trust_clients", "Clients ever heard of, by state."),
        labelNames: ["state"],
        collect() {
          for (const [state, clients] of Object.entries(countsByState())) {
            this.set({ state }, clients);
          }
        },
      });
    },
  };
}
