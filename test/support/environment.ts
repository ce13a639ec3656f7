/** What `npm test` has set up. A missing service fails loudly: no test is skipped for it. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new Error(`${name} is not set: run the tests with npm test, which starts what they need.`);
  return value;
}
