import { isIPv6 } from "node:net";

/** Why a port cannot be listened on, in one line that names the setting to change. */
export function bindError(
  where: { readonly setting: string; readonly host: string; readonly port: number },
  cause: Error,
): Error {
  const { setting, host, port } = where;
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const message = cause.message.includes("EADDRINUSE")
    ? `${setting}: ${address} is in use: stop what listens there, or set ${setting} to another port (0: any free one)`
    : `HOST, ${setting}: cannot listen on ${address}: ${cause.message}`;
  return new Error(message, { cause });
}
