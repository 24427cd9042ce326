import type { RouteAlias, RouteDeclaration } from "../route-declaration.js";
import { EVENT_ROUTES } from "./events.js";
import { HEALTH_ROUTES } from "./health.js";
import { POLICY_ROUTES } from "./policies.js";
import { TRUST_ROUTES } from "./trust.js";

/** Family 1: what FLOPY-NET documents of its policy engine. */
export const DOCUMENTED_ROUTES: readonly (RouteDeclaration | RouteAlias)[] = [
  ...HEALTH_ROUTES,
  ...POLICY_ROUTES,
  ...TRUST_ROUTES,
  ...EVENT_ROUTES,
];
