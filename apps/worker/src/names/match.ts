import type { NameRule } from "./protocol.ts";

/** The rules that a name falls under; DNS knows no case, and a dot at the end changes nothing. */
export function matchingRules(rules: readonly NameRule[], name: string): NameRule[] {
  const asked = name.toLowerCase().replace(/\.$/, "");
  return rules.filter((rule) => (rule.wildcard ? asked.endsWith(`.${rule.name}`) : asked === rule.name));
}
