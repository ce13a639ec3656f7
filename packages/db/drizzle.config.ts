import { defineConfig } from "drizzle-kit";

// `npm run generate -w @hafen/db -- --name what_changes` writes the next migration; read it before committing it.
export default defineConfig({ dialect: "postgresql", schema: "./src/schema/*.ts", out: "../../migrations" });
