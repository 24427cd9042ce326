import type { AddressRange, Prefix } from "../address.js";
import type { PortSet } from "../port-set.js";
import type { Target, TargetField } from "../target.js";
import { type Scalar, valuesEqual } from "../values.js";

/** What a target asks of one attribute; `any` asks nothing and is left out. */
export type Constraint = { readonly attribute: string; readonly key: string } & (
  | { readonly kind: "addresses"; readonly ranges: readonly AddressRange[] }
  | { readonly kind: "ports"; readonly ports: PortSet }
  | { readonly kind: "values"; readonly values: readonly Scalar[] }
);

export function constraintsOf(target: Target): readonly Constraint[] {
  return target.flatMap((field) => constraintOf(field) ?? []);
}

/** Whether every request in which all of `inner` holds is one in which all of `outer` holds. */
export function covers(outer: readonly Constraint[], inner: readonly Constraint[]): boolean {
  return outer.every((wide) =>
    inner.some((narrow) => narrow.attribute === wide.attribute && isWithin(narrow, wide)),
  );
}

/** Whether some request is one in which all of both holds, as far as the targets say. */
export function canMeet(one: readonly Constraint[], other: readonly Constraint[]): boolean {
  return one.every((left) =>
    other.every((right) => right.attribute !== left.attribute || overlaps(left, right)),
  );
}

/** The first two constraints of one attribute that no value satisfies together. */
export function contradiction(
  constraints: readonly Constraint[],
): readonly [Constraint, Constraint] | undefined {
  for (const [index, left] of constraints.entries()) {
    const right = constraints
      .slice(index + 1)
      .find((later) => later.attribute === left.attribute && !overlaps(left, later));
    if (right !== undefined) return [left, right];
  }
  return undefined;
}

/** The text of the one value that a constraint allows; equal values have equal texts. */
export function pinnedText(constraint: Constraint): string | undefined {
  switch (constraint.kind) {
    case "addresses": {
      const [range, ...others] = constraint.ranges;
      const isOne = range?.first === range?.last && others.length === 0;
      return range !== undefined && isOne ? `${range.family} ${String(range.first)}` : undefined;
    }
    case "ports": {
      const [ports, ...others] = constraint.ports;
      const isOne = ports?.first === ports?.last && others.length === 0;
      return ports !== undefined && isOne ? String(ports.first) : undefined;
    }
    case "values": {
      const [value, ...others] = constraint.values;
      if (value === undefined || others.length > 0) return undefined;
      return typeof value === "boolean" ? `is ${String(value)}` : String(value);
    }
  }
}

function constraintOf(field: TargetField): Constraint | undefined {
  const { key } = field;
  switch (field.kind) {
    case "any":
      return undefined;
    case "address":
      return {
        ...{ key, attribute: field.attribute, kind: "addresses" },
        ranges: field.prefixes.map(rangeOf),
      };
    case "address-range":
      return { key, attribute: field.attribute, kind: "addresses", ranges: field.ranges };
    case "port":
      return { key, attribute: field.attribute, kind: "ports", ports: field.ports };
    case "protocol":
      return { key, attribute: field.attribute, kind: "values", values: field.protocols };
    case "equals":
      return { key, attribute: `=${field.path.join(".")}`, kind: "values", values: field.values };
  }
}

function rangeOf({ family, network, last }: Prefix): AddressRange {
  return { family, first: network, last };
}

function isWithin(narrow: Constraint, wide: Constraint): boolean {
  if (narrow.kind === "addresses" && wide.kind === "addresses") {
    return narrow.ranges.every((inner) =>
      wide.ranges.some(
        ({ family, first, last }) =>
          family === inner.family && first <= inner.first && inner.last <= last,
      ),
    );
  }
  if (narrow.kind === "ports" && wide.kind === "ports") {
    return narrow.ports.every((inner) =>
      wide.ports.some(({ first, last }) => first <= inner.first && inner.last <= last),
    );
  }
  if (narrow.kind !== "values" || wide.kind !== "values") return false;
  return narrow.values.every((inner) => wide.values.some((value) => valuesEqual(value, inner)));
}

function overlaps(left: Constraint, right: Constraint): boolean {
  if (left.kind === "addresses" && right.kind === "addresses") {
    return left.ranges.some((one) =>
      right.ranges.some(
        ({ family, first, last }) =>
          family === one.family && first <= one.last && one.first <= last,
      ),
    );
  }
  if (left.kind === "ports" && right.kind === "ports") {
    return left.ports.some((one) =>
      right.ports.some(({ first, last }) => first <= one.last && one.first <= last),
    );
  }
  if (left.kind !== "values" || right.kind !== "values") return true;
  return left.values.some((one) => right.values.some((value) => valuesEqual(value, one)));
}
