import type { RouteAlias, RouteDeclaration } from "../route-declaration.js";
import { CHECK_ROUTES } from "./checks.js";
import { DECISION_ROUTES } from "./decisions.js";
import { EVENT_ROUTES } from "./events.js";
import { FUNCTION_ROUTES } from "./functions.js";
import { METRIC_ROUTES } from "./metrics.js";
import { NETWORK_ROUTES } from "./network.js";
import { POLICY_ROUTES } from "./policies.js";
import { STATUS_ROUTES } from "./status.js";
import { VALIDATION_ROUTES } from "./validation.js";
import { VERSION_ROUTES } from "./versions.js";

/** Family 2: what FLOPY-NET's server really serves, and what its clients and pages ask for besides. */
export const FLOPYNET_ROUTES: readonly (RouteDeclaration | RouteAlias)[] = [
  ...CHECK_ROUTES,
  ...POLICY_ROUTES,
  ...VALIDATION_ROUTES,
  ...VERSION_ROUTES,
  ...EVENT_ROUTES,
  ...NETWORK_ROUTES,
  ...DECISION_ROUTES,
  ...METRIC_ROUTES,
  ...FUNCTION_ROUTES,
  ...STATUS_ROUTES,
];
