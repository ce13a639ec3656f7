import { launch } from "./launch.mjs";

await launch("infra/check/main.ts");
