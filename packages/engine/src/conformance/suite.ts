import { after, before, describe } from "node:test";
import { buildTests } from "./builds.ts";
import { commitTests } from "./commits.ts";
import { fileTests } from "./files.ts";
import { imageTests } from "./images.ts";
import { lifecycleTests } from "./lifecycle.ts";
import { networkTests } from "./networks.ts";
import { secretTests } from "./secrets.ts";
import { pauseTests } from "./pause.ts";
import { registryTests } from "./registries.ts";
import { measureTests } from "./measures.ts";
import { sessionTests } from "./sessions.ts";
import { streamTests } from "./streams.ts";
import { type Opened, openSubject, type Subject } from "./subject.ts";
import { usageTests } from "./usage.ts";

/** What every driver promises. `open` is called once; all that the tests make is removed at the end. */
export function engineConformance(name: string, open: () => Promise<Opened>): void {
  describe(`${name} engine`, () => {
    let subject: Subject | undefined;
    const get = () => {
      if (!subject) throw new Error("the engine under test did not open");
      return subject;
    };
    before(async () => void (subject = await openSubject(open)));
    after(() => subject?.close());
    lifecycleTests(get);
    pauseTests(get);
    networkTests(get);
    secretTests(get);
    streamTests(get);
    sessionTests(get);
    measureTests(get);
    fileTests(get);
    imageTests(get);
    buildTests(get);
    usageTests(get);
    commitTests(get);
    registryTests(get);
  });
}
