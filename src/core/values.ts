/**
 * What an attribute, a parameter or a literal can be: the JSON values. An integer above 2^53 has
 * already lost digits when it gets here. Null means "absent" wherever an attribute is looked up.
 */
export type Value =
  string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** A map of values. Looked up by own key only: `constructor` is on every plain object. */
export type ValueMap = Readonly<Record<string, Value>>;

/** The values that a `match` can compare with. */
export type Scalar = string | number | boolean;
