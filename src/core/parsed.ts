/** The result of reading something a person wrote: the value, or what is wrong and how to mend it. */
export type Parsed<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** Legal, and probably not what was meant. */ readonly warning?: string;
    }
  | {
      readonly ok: false;
      /** Lower case, no full stop, names the value. */ readonly problem: string;
    };
