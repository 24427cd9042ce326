import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const restrictedEnv = {
  object: "process",
  property: "env",
  message: "Only main.ts and cli.ts read the environment. Take the setting as an argument.",
};
const restrictedRandom = {
  object: "Math",
  property: "random",
  message: "Core is deterministic. Pass the value in.",
};

export default defineConfig(
  globalIgnores(["dist/", "coverage/", "reports/", "data/", "src/gen/", "**/node_modules/"]),
  {
    files: ["**/*.ts", "**/*.mjs"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.ts"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // A switch counts once: one over a union has as many cases as there are members.
      complexity: ["error", { max: 15, variant: "modified" }],
      eqeqeq: "error",
      "max-lines": ["error", 300],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Export by name." },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["string"] }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        // A default would hide the member that someone adds to our own union.
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/main.ts", "src/cli.ts"],
    rules: { "no-restricted-properties": ["error", restrictedEnv] },
  },
  {
    files: ["src/core/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "Date", message: "Core has no clock. Pass the time in." },
        { name: "performance", message: "Core has no clock. Pass the time in." },
      ],
      "no-restricted-properties": ["error", restrictedEnv, restrictedRandom],
    },
  },
  {
    files: ["**/*.mjs", "vitest*.config.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { "no-restricted-syntax": "off" },
  },
);
