const BITS_PER_WORD = 32;

/** A set of small numbers, as bits. Grows; nothing is ever taken out. */
export class NumberSet {
  constructor(public words: Uint32Array = new Uint32Array(1)) {}

  add(number: number): void {
    const word = Math.floor(number / BITS_PER_WORD);
    if (word >= this.words.length) {
      const larger = new Uint32Array(Math.max(word + 1, 2 * this.words.length));
      larger.set(this.words);
      this.words = larger;
    }
    this.words[word] = (this.words[word] ?? 0) | (1 << (number % BITS_PER_WORD));
  }

  has(number: number): boolean {
    const word = this.words[Math.floor(number / BITS_PER_WORD)] ?? 0;
    return (word & (1 << (number % BITS_PER_WORD))) !== 0;
  }
}
