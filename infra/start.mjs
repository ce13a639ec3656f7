import { launch } from "./launch.mjs";

await launch("infra/bootstrap/main.ts");
