import { createHash } from "node:crypto";
import type { JsonObject } from "@bufbuild/protobuf";
import { type RequestHandler, Router } from "express";
import { refuseOtherThanGet } from "../refuse-method.js";
import { sendJsonText } from "../send-json.js";
import { DOCS_STYLE, docsPage } from "./docs-page.js";

/** `GET /openapi.json` and `GET /docs`: what is served, for programs and for a person. */
export function createOpenApiRoutes(describe: () => JsonObject): RequestHandler {
  const json = once(() => JSON.stringify(describe()));
  const page = once(() => docsPage(describe()));
  const styleHash = createHash("sha256").update(DOCS_STYLE).digest("base64");
  const router = Router({ caseSensitive: true, strict: true });
  router
    .route("/openapi.json")
    .get((_request, response) => {
      sendJsonText(response, json());
    })
    .all(refuseOtherThanGet);
  router
    .route("/docs")
    .get((_request, response) => {
      response
        .set("Content-Security-Policy", `default-src 'none'; style-src 'sha256-${styleHash}'`)
        .type("text/html")
        .send(page());
    })
    .all(refuseOtherThanGet);
  return router;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
