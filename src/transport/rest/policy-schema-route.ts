import { Router } from "express";
import { refuseOtherThanGet } from "./refuse-method.js";
import { sendJson } from "./send-json.js";

/** `GET /v1/policySchema`: the JSON Schema of policy files, for editors. */
export function createPolicySchemaRoute(policySchema: () => object): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router
    .route("/v1/policySchema")
    .get((_request, response) => {
      sendJson(response, policySchema(), "application/schema+json");
    })
    .all(refuseOtherThanGet);
  return router;
}
