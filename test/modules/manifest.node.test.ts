import { existsSync, readdirSync, readFileSync } from "node:fs";
import { assert, describe, it } from "../harness.js";

// mcconfig's "*" finds TypeScript modules for the map but not for preloading: those have to be listed by name.
const modules = new URL("../../../modules/", import.meta.url);

describe("modules: manifests", () => {
  for (const folder of readdirSync(modules)) {
    const path = new URL(`${folder}/manifest.json`, modules);
    if (!existsSync(path)) continue;
    it(`${folder} preloads every one of its modules`, () => {
      const { preload } = JSON.parse(readFileSync(path, "utf8"));
      const prefix = `nerveshub/modules/${folder}/`;
      const files = readdirSync(new URL(`${folder}/`, modules)).filter((file) => /(?<!\.d)\.ts$/.test(file));
      const listed = preload
        .filter((name: string) => name.lastIndexOf("/") === prefix.length - 1 && name.startsWith(prefix))
        .sort();
      assert.deepEqual(listed, files.map((file) => prefix + file.slice(0, -3)).sort());
    });
  }
});
