import { Router } from "express";
import { httpProblem, sendProblem } from "./problem.js";

/** `GET /v1/policySchema`: the JSON Schema of policy files, for editors. */
export function createPolicySchemaRoute(policySchema: () => object): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router
    .route("/v1/policySchema")
    .get((_request, response) => {
      response
        .set("Content-Type", "application/schema+json")
        .send(Buffer.from(JSON.stringify(policySchema())));
    })
    .all((request, response) => {
      response.set("Allow", "GET, HEAD");
      if (request.method === "OPTIONS") response.status(204).end();
      else {
        const detail = `${request.method} is not allowed here: use GET`;
        sendProblem(response, httpProblem(405, detail));
      }
    });
  return router;
}
