import dockerignore from "@balena/dockerignore";

/** Which paths of a build context are left out, by the text of a .dockerignore. */
export interface IgnoreRules {
  ignores(path: string): boolean;
  /** Whether something below an ignored directory may be wanted. */
  hasExceptions: boolean;
}

/** `always` are sent whatever the rules say: without them there is no build. */
export function ignoreRules(text: string, always: string[]): IgnoreRules {
  const rules = (dockerignore as unknown as typeof dockerignore.default)({ ignorecase: false }).add(text);
  const kept = new Set(always);
  return {
    ignores: (path) => !kept.has(path) && rules.ignores(path),
    hasExceptions: /^\s*!/m.test(text) || always.some((path) => path.includes("/")),
  };
}
