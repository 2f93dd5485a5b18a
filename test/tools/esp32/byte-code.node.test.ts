import { byteCodeSize, linkedModules } from "../../../tools/esp32/byte-code.js";
import { assert, describe, it } from "../../support/harness.js";

const atom = (name: string, ...content: number[]) => [0, 0, 0, content.length + 8, ...Buffer.from(name), ...content];

describe("byteCodeSize", () => {
  it("counts the content of the code atom", () => {
    const content = [...atom("VERS", 17, 7, 0, 0), ...atom("SYMB", 1, 2), ...atom("CODE", 1, 2, 3, 4, 5)];
    assert.equal(byteCodeSize(new Uint8Array(atom("XS_B", ...content))), 5);
  });

  it("refuses what is not byte code", () => {
    for (const bytes of [
      [],
      atom("JUNK"),
      atom("XS_B"),
      atom("XS_B", ...atom("SYMB", 1)),
      atom("XS_B", 0, 0, 0, 0, 0, 0, 0, 0),
    ]) {
      assert.throws(
        () => byteCodeSize(new Uint8Array(bytes)),
        (error) => /\.xsb/.test(error.message),
      );
    }
  });
});

describe("linkedModules", () => {
  // Three lines of the table that the SDK's linker (8.2.3) writes: preloaded, types only, left to run on the device.
  const linked = `static const txScript gxScripts[mxScriptsCount] = {
	{ xsHostModule9, NULL, 0, NULL, 0, NULL, 0, "nerveshub/hosts/esp32/slots", { 0 } },
	{ NULL, NULL, 0, (txS1*)gxCode39, 19, NULL, 0, "nerveshub/modules/platform/clock", { 0 } },
	{ NULL, NULL, 0, (txS1*)gxCode50, 161, NULL, 0, "nerveshub/modules/tls/secure-network", { 0 } }
};`;

  it("names every module, and which ones were left out of the preload", () => {
    assert.deepEqual(linkedModules(linked), [
      { name: "nerveshub/hosts/esp32/slots", runsOnDevice: false },
      { name: "nerveshub/modules/platform/clock", runsOnDevice: false },
      { name: "nerveshub/modules/tls/secure-network", runsOnDevice: true },
    ]);
  });

  it("does not take an unknown format for a clean one", () => {
    assert.throws(
      () => linkedModules("static const txScript gxOther[1] = {};"),
      (error) => /no table/.test(error.message),
    );
  });
});
