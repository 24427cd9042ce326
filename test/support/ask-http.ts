import { request as httpRequest } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined when the answer is not JSON. */
  readonly json: unknown;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One request exactly as given: `fetch` would mend the path and refuse a Host header. */
export function askHttp(
  port: number,
  line: string,
  { headers = {}, body }: Ask = {},
): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, headers };
    const sent = httpRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const isJson = /json/.test(response.headers["content-type"] ?? "") && text !== "";
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? (JSON.parse(text) as unknown) : undefined,
        });
      });
    });
    sent.on("error", reject);
    // Not as text: Node would send the headers in its encoding, too.
    sent.end(body === undefined ? undefined : Buffer.from(body));
  });
}
