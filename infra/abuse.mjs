import { launch } from "./launch.mjs";

await launch("test/abuse/main.ts");
