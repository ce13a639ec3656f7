import { launch } from "./launch.mjs";

await launch("infra/test/main.ts");
