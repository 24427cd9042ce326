type SettingValue = string | number | boolean | object | undefined;

/** One effective setting. */
export interface EffectiveSetting {
  readonly name: string;
  readonly value: SettingValue;
  /** Where the value came from: `flag`, `environment`, `policy_config.json` or `default`. */
  readonly origin: string;
}

export interface ConfigDeps {
  readonly write: (text: string) => void;
}

/** `flopynet-policy config`: what is in force, and where it came from. No setting is a secret. */
export function runConfig(
  config: { readonly settings: readonly EffectiveSetting[]; readonly ignored: readonly string[] },
  options: { readonly format: "text" | "json" },
  { write }: ConfigDeps,
): void {
  const { settings, ignored } = config;
  if (options.format === "json") {
    const entries = settings.map(({ name, value = null, origin }) => [name, { value, origin }]);
    write(JSON.stringify({ settings: Object.fromEntries(entries) as object, ignored }, null, 2));
    return;
  }
  const width = Math.max(...settings.map(({ name }) => name.length));
  write(
    [
      ...settings.map(
        ({ name, value, origin }) => `${name.padEnd(width)}  ${shown(value)}  (${origin})`,
      ),
      ...ignored,
    ].join("\n"),
  );
}

function shown(value: SettingValue): string {
  const isList = Array.isArray(value);
  const text = typeof value === "object" && !isList ? JSON.stringify(value) : String(value ?? "");
  return text === "" || text === "{}" ? "none" : text;
}
