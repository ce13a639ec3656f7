import { cpSync, readFileSync, writeFileSync } from "node:fs";

// npm, unlike pnpm, leaves `publishConfig.exports` as it is, so what is published is a directory of its own:
// `npm run build -w @hafen/sdk && npm publish packages/sdk/dist/package`.
const here = (path) => new URL(path, import.meta.url);
const {
  scripts: _scripts,
  devDependencies: _dev,
  publishConfig,
  ...rest
} = JSON.parse(readFileSync(here("package.json"), "utf8"));
const { exports, ...config } = publishConfig;
writeFileSync(
  here("dist/package/package.json"),
  `${JSON.stringify({ ...rest, exports, publishConfig: config }, null, 2)}\n`,
);
for (const [from, to] of [
  ["README.md", "README.md"],
  ["../../LICENSE", "LICENSE"],
])
  cpSync(here(from), here(`dist/package/${to}`));
