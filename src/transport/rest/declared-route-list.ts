import { DOCUMENTED_ROUTES } from "./documented/documented-routes.js";
import { FLOPYNET_ROUTES } from "./flopynet/flopynet-routes.js";
import type { RouteAlias, RouteDeclaration } from "./route-declaration.js";

/** Every route of families 1 and 2. */
export const DECLARED_ROUTES: readonly (RouteDeclaration | RouteAlias)[] = [
  ...DOCUMENTED_ROUTES,
  ...FLOPYNET_ROUTES,
];
