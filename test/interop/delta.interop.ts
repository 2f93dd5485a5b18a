/* Fresh patches of the real detools, real images and large ones. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DeltaDecoder } from "../../modules/delta/decoder.js";
import { after, assert, before, describe, it } from "../support/harness.js";
import { assertSame, pushAll, RebuiltImage, rebuild } from "../support/rebuild-image.js";
import { type Detools, findDetools } from "./detools.js";
import { firmware, nextRelease, randomBytes, seededRandom } from "./firmware-pairs.js";

const images = join(process.cwd(), "../shared/data/esp-idf-images");

describe("interop: patches of detools 0.53.0", () => {
  let detools!: Detools;

  before(function () {
    const found = findDetools();
    if (found === undefined) return void this.skip();
    detools = found;
  });

  after(() => detools?.close());

  function check(from: Uint8Array, to: Uint8Array, ...options: string[]): Uint8Array {
    const patch = detools.createPatch(from, to, ...options);
    assertSame(rebuild(from, patch, 1024, to.byteLength), to, "in parts of 1024");
    return patch;
  }

  it("real ESP-IDF images: one into the other, edited, and signed again", function () {
    if (!existsSync(images)) {
      console.log(`    SKIPPED: no ${images}`);
      this.skip();
    }
    const blink = new Uint8Array(readFileSync(join(images, "esp_idf_blink_esp32s2.bin")));
    const hello = new Uint8Array(readFileSync(join(images, "hello-world-signed.bin")));
    check(blink, hello);
    check(hello, blink);
    check(blink, nextRelease(blink, 3, 40, seededRandom(1)));
    const signed = hello.slice();
    signed.set(randomBytes(64, seededRandom(2)), hello.byteLength - 64);
    assert.ok(check(hello, signed).byteLength < hello.byteLength / 50);
  });

  it("a 1.3 MB pair, also continued from every chunk's saved state", () => {
    const random = seededRandom(3);
    const from = firmware(1_363_968, random);
    const to = nextRelease(from, 12, 400, random);
    const patch = check(from, to);
    const target = new RebuiltImage(from, to.byteLength);
    let decoder = new DeltaDecoder(target.options);
    while (decoder.consumed < patch.byteLength) {
      decoder.push(patch.subarray(decoder.consumed, decoder.consumed + 1024));
      if (decoder.savable) decoder = DeltaDecoder.restore(target.options, decoder.save());
    }
    decoder.finish();
    assertSame(target.bytes(), to, "restored after every chunk");
  });

  it("random pairs with every window up to 4 KB and its lookaheads", () => {
    const random = seededRandom(4);
    for (let window = 4; window <= 12; window++)
      for (let lookahead = 3; lookahead < window; lookahead++) {
        const from = firmware(100 + (random() % 9000), random);
        const to = random() % 4 === 0 ? randomBytes(random() % 9000, random) : nextRelease(from, 2, 9, random);
        const sizes = ["--heatshrink-window-sz2", `${window}`, "--heatshrink-lookahead-sz2", `${lookahead}`];
        check(from, to, ...sizes);
      }
  });

  it("every byte of a patch cut off is noticed", () => {
    const random = seededRandom(5);
    const from = firmware(3000, random);
    const to = nextRelease(from, 1, 4, random);
    const patch = check(from, to);
    for (let length = 0; length < patch.byteLength; length++) {
      const decoder = new DeltaDecoder(new RebuiltImage(from, to.byteLength).options);
      pushAll(decoder, patch.subarray(0, length), 1024);
      assert.throws(
        () => decoder.finish(),
        (error) => "code" in error && error.code === "patch-truncated",
      );
    }
  });
});
