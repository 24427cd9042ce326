import type { RouteAlias, RouteDeclaration } from "../route-declaration.js";
import { CHECK_ROUTES } from "./checks.js";

/** Family 2: what FLOPY-NET's server really serves, and what its clients and pages ask for besides. */
export const FLOPYNET_ROUTES: readonly (RouteDeclaration | RouteAlias)[] = [...CHECK_ROUTES];
