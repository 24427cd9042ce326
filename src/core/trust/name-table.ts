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

  /** Undefined: never heard of. */
  find(name: string): number | undefined {
    return this.numbers.get(name);
  }

  nameOf(number: number): string {
    return this.names[number] ?? "";
  }
}
