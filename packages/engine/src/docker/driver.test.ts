import { engineConformance } from "../conformance/suite.ts";
import { openTestEngine } from "./test-engine.ts";

engineConformance("docker", openTestEngine);
