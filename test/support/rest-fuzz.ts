import { Agent, request as httpRequest } from "node:http";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { askHttp } from "./ask-http.js";
import {
  arbitraryRestRequest,
  type OpenApi,
  type Operation,
  type RestRequest,
} from "./arbitrary-rest-request.js";
import { startTestEngine } from "./start-engine.js";

const POLICIES = {
  policies: {
    net: {
      name: "net",
      type: "network_security",
      rules: [{ id: "in", action: "allow", match: { dst_port: 8080 } }],
    },
    rounds: {
      name: "rounds",
      type: "fl_server",
      rules: [{ action: "configure", parameters: { total_rounds: 5 } }],
    },
  },
};

export interface FuzzFindings {
  readonly requests: number;
  readonly seed: number;
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The smallest request that was answered as it must not be, and why. */
  readonly failure?: { readonly request: string; readonly problem: string };
}

/**
 * Asks an engine of its own whatever its OpenAPI document describes, and nearly that, for some seconds:
 * no answer may be 5xx, or other than described.
 */
export async function fuzzRest(options: {
  readonly seconds: number;
  readonly seed: number;
}): Promise<FuzzFindings> {
  const engine = await startTestEngine({ policies: POLICIES, functions: [] });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const statuses: Record<string, number> = {};
  let requests = 0;
  try {
    const { json } = await askHttp(engine.restPort, "GET /openapi.json");
    const document = json as OpenApi;
    const check = createAnswerCheck(document);
    const property = fc.asyncProperty(arbitraryRestRequest(document), async (request) => {
      const answer = await send(engine.restPort, agent, request);
      requests += 1;
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const problem = check(request, answer);
      if (problem !== undefined) throw new Error(problem);
    });
    const details = await fc.check(property, {
      seed: options.seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: options.seconds * 1000,
    });
    const [smallest] = details.counterexample ?? [];
    const failure = smallest && {
      request: shown(smallest),
      problem: String(details.errorInstance),
    };
    return { requests, seed: options.seed, statuses, ...(failure && { failure }) };
  } finally {
    agent.destroy();
    await engine.stop();
  }
}

export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** Of a stream: its text is a beginning. */
  readonly isStream: boolean;
}

function send(port: number, agent: Agent, asked: RestRequest): Promise<FuzzAnswer> {
  const { method, path, headers, body } = asked;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, agent, method, path };
    const sent = httpRequest({ ...options, headers: sentHeaders(headers, body) }, (response) => {
      const contentType = response.headers["content-type"] ?? "";
      const isStream = Object.hasOwn(
        asked.operation.responses["200"]?.content ?? {},
        "text/event-stream",
      );
      const answer = { status: response.statusCode ?? 0, contentType, isStream };
      let text = "";
      const done = (): void => {
        resolve({ ...answer, text });
      };
      if (isStream && answer.status === 200) {
        done();
        response.destroy();
        return;
      }
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", done).on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Without compression, whose answers would have to be unpacked; with the length, also for GET. */
function sentHeaders(
  headers: RestRequest["headers"],
  body: RestRequest["body"],
): Record<string, string> {
  const { "accept-encoding": encoding, ...rest } = headers;
  const length = Buffer.byteLength(body);
  return {
    ...rest,
    ...(encoding === "identity" && { "accept-encoding": encoding }),
    ...(length > 0 && { "content-length": String(length) }),
  };
}

type AnswerCheck = (asked: RestRequest, answer: FuzzAnswer) => string | undefined;

/** What is wrong with an answer. */
export function createAnswerCheck(document: OpenApi): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validators = new Map<Operation, ValidateFunction | undefined>();
  const validatorOf = (operation: Operation): ValidateFunction | undefined => {
    if (!validators.has(operation)) {
      const success = Object.entries(operation.responses).find(([status]) =>
        status.startsWith("2"),
      );
      const schema = success?.[1].content?.["application/json"]?.schema;
      const whole = schema && { ...schema, components: document.components };
      validators.set(operation, whole && ajv.compile(whole));
    }
    return validators.get(operation);
  };

  return (asked, { status, contentType, text, isStream }) => {
    if (status >= 500 && !(status === 504 && "grpc-timeout" in asked.headers)) {
      return `answered ${status}: ${text}`;
    }
    if (asked.method === "HEAD" || text === "" || isStream) return undefined;
    if (!/json|^text\/html/.test(contentType)) return `answered ${contentType}: ${text}`;
    if (status >= 400) return errorProblem(asked, contentType, text);
    const isDescribed = Object.entries(document.paths).some(
      ([, item]) => item[asked.method.toLowerCase()] === asked.operation,
    );
    const validate = isDescribed ? validatorOf(asked.operation) : undefined;
    if (!validate || validate(JSON.parse(text))) return undefined;
    return `answered ${ajv.errorsText(validate.errors)}: ${text}`;
  };
}

function errorProblem(asked: RestRequest, contentType: string, text: string): string | undefined {
  const json = JSON.parse(text) as Record<string, unknown>;
  const isV1 = asked.path.startsWith("/v1/") || contentType.startsWith("application/problem+json");
  const said = isV1 ? json["detail"] : json["error"];
  return typeof said === "string" && said !== "" ? undefined : `says nothing: ${text}`;
}

function shown({ method, path, headers, body }: RestRequest): string {
  const sent = typeof body === "string" ? body : `bytes ${Buffer.from(body).toString("hex")}`;
  return `${method} ${path} ${JSON.stringify(headers)} ${sent}`;
}
