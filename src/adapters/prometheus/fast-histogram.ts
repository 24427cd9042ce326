import { Histogram, type HistogramConfiguration } from "prom-client";

/**
 * A histogram without labels. Why our own counting: prom-client hashes the labels of every
 * observation, also where there are none, which costs a good part of a decision. What is scraped is
 * what prom-client would say.
 */
export class FastHistogram extends Histogram {
  readonly #configuration: { readonly name: string; readonly help: string };
  readonly #upperBounds: readonly number[];
  /** By upper bound, and at last what is above all of them. Not cumulative. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(configuration: HistogramConfiguration<never> & { readonly buckets: number[] }) {
    super(configuration);
    this.#configuration = configuration;
    this.#upperBounds = configuration.buckets;
    this.#counts = new Float64Array(configuration.buckets.length + 1);
    this.observe = (value) => {
      this.#add(Number(value));
    };
  }

  #add(value: number): void {
    let bucket = 0;
    while (value > (this.#upperBounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** What prom-client asks before it writes anything; the test of this file holds it to that. */
  getForPromString(): Promise<object> {
    const { name, help } = this.#configuration;
    let count = 0;
    const buckets = [...this.#upperBounds, "+Inf"].map((le, bucket) => {
      count += this.#counts[bucket] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le }, value: count };
    });
    const sum = { metricName: `${name}_sum`, labels: {}, value: this.#sum };
    const all = { metricName: `${name}_count`, labels: {}, value: count };
    const values = [...buckets, sum, all];
    return Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values });
  }
}
