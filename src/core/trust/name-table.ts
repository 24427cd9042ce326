/** Names between two steps: some tenths of a millisecond. */
const NAMES_AT_ONCE = 1024;

/** Numbers for names, from 0, in the order in which they were first heard. */
export class NameTable {
  private readonly numbers = new Map<string, number>();
  /** By number. */
  readonly names: string[] = [];

  constructor(names: readonly string[] = []) {
    for (const name of names) this.numberOf(name);
  }

  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.length;
      this.numbers.set(name, number);
      this.names.push(name);
    }
    return number;
  }

  /** The numbers of several, in steps. */
  *numbersOfSteps(names: readonly string[]): Generator<void, number[]> {
    const numbers: number[] = [];
    for (const name of names) {
      numbers.push(this.numberOf(name));
      if (numbers.length % NAMES_AT_ONCE === 0) yield;
    }
    return numbers;
  }

  /** Undefined: never heard of. */
  find(name: string): number | undefined {
    return this.numbers.get(name);
  }

  nameOf(number: number): string {
    return this.names[number] ?? "";
  }
}
