import { copiesOf, importsOf, leftOut, sourcesOf } from "../../../tools/sdkconfig/app-modules.js";
import { assert, describe, it } from "../../support/harness.js";

const makefile = `$(MODULES_DIR)/main.xsb: /app/main.js
	xsc /app/main.js -c -e -o $(@D) -r main

$(MODULES_DIR)/nerveshub/src/link.xsb: $(TMP_DIR)/tsc/nerveshub/src/link/agent/src/link.js
	xsc

$(TMP_DIR)/tsc/nerveshub/src/link/agent/src/link.js : /agent/src/link.ts $(MODULES_DIR)/tsconfig-base.json 
	tsc
`;
const sources = sourcesOf(makefile);
const faults = (main: string) =>
  leftOut(
    sources,
    () => main,
    (path) => `../${path}`,
  );

describe("2: used but not included: nerveshub-sdkconfig", () => {
  it("knows each module's source from the makefile, TypeScript's too", () => {
    assert.deepEqual(
      [...sources],
      [
        ["main", "/app/main.js"],
        ["nerveshub/src/link", "/agent/src/link.ts"],
      ],
    );
  });

  it("reads what a module imports when it runs, however that is written", () => {
    const text = `import "a";
import b from 'b';
import { c,
  d as e } from "c";
import * as f from "d";
export * from "e";
const g = await import("f");
// import "not-this";
/* import "nor-this"; */ const image = "image/*", text = "import 'nor-this'"; // import "nor-this"
import type { H } from "nor-this";`;
    assert.deepEqual(importsOf(text).sort(), ["a", "b", "c", "d", "e", "f"]);
  });

  it("names the manifest of a feature that a JavaScript main uses and no manifest includes", () => {
    assert.deepEqual(faults('import { Geo } from "nerveshub/features/geo";'), [
      "/app/main.js imports \"nerveshub/features/geo\", and no manifest includes the agent's src/features/geo/manifest.json: the device would not find it. To be added to the app's includes: ../src/features/geo/manifest.json",
    ]);
  });

  it("names those of the core and of the network", () => {
    assert.match(faults('import "nerveshub";').join(), /manifest_link\.json/);
    assert.match(faults('import "nerveshub/network";').join(), /manifest_network\.json/);
  });

  it("finds nothing wrong with what is included, and with other people's names", () => {
    assert.deepEqual(faults('import "nerveshub/src/link"; import "nerveshubs"; import "mc/config";'), []);
  });
});

describe("2: two copies of the agent: nerveshub-sdkconfig", () => {
  it("finds both by a module that both bring", () => {
    assert.deepEqual(copiesOf({ "nerveshub/src/link": ["/a/src/link", "/app/node_modules/b/dist/src/link"] }), [
      "/a",
      "/app/node_modules/b/dist",
    ]);
  });

  it("takes one that is included twice for one, whatever else is called otherwise", () => {
    const modules = {
      "nerveshub/src/link": ["/a/src/link", "/a/src/link"],
      "nerveshub/hosts/platform/platform": "/a/hosts/esp32/platform",
      main: "/app/src/link",
      "*": ["/c/x"],
    };
    assert.deepEqual(copiesOf(modules), ["/a"]);
  });
});
