import { type Cells, TwoCopies } from "../../../hosts/esp32/two-copies.js";
import { Fault } from "../../../modules/fault/fault.js";
import { assert, describe, it } from "../../support/harness.js";

class PowerCut extends Error {}

/** NVS as the SDK's `preference` uses it: erase, then write, and power that goes away before, between or within. */
class FlashCells implements Cells {
  readonly cells = new Map<string, Uint8Array>();
  operations = 0;
  cutAt = Number.POSITIVE_INFINITY;
  broken = false;

  get(name: string): Uint8Array | undefined {
    if (this.broken) throw new Error("nvs get fail");
    return this.cells.get(name)?.slice();
  }

  set(name: string, bytes: Uint8Array): void {
    this.delete(name);
    this.#step(() => this.cells.set(name, bytes.slice(0, bytes.byteLength >> 1)));
    this.#step(() => this.cells.set(name, bytes.slice()));
  }

  delete(name: string): void {
    this.#step(() => this.cells.delete(name));
  }

  #step(action: () => void): void {
    if (this.operations >= this.cutAt) throw new PowerCut();
    this.operations++;
    action();
  }
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function cutEverywhere(action: (store: TwoCopies) => void, check: (store: TwoCopies, cutAt: number) => void): void {
  for (let cutAt = 0, done = false; !done; cutAt++) {
    const flash = new FlashCells();
    const before = new TwoCopies(flash);
    before.set("update", bytes(1, 1, 1));
    before.set("update", bytes(2, 2, 2));
    flash.operations = 0;
    flash.cutAt = cutAt;
    try {
      action(before);
      done = true;
    } catch (error) {
      assert.ok((error as Fault).cause instanceof PowerCut);
    }
    flash.cutAt = Number.POSITIVE_INFINITY;
    check(new TwoCopies(flash), cutAt);
  }
}

describe("TwoCopies", () => {
  it("gives back what was set, over a restart", () => {
    const flash = new FlashCells();
    new TwoCopies(flash).set("update", bytes(1, 2, 3));
    assert.deepEqual(new TwoCopies(flash).get("update"), bytes(1, 2, 3));
  });

  it("knows nothing of a key that was never set", () => {
    assert.equal(new TwoCopies(new FlashCells()).get("update"), undefined);
  });

  it("keeps the old or the new value wherever power is cut during a set", () => {
    const seen = new Set<string>();
    cutEverywhere(
      (store) => store.set("update", bytes(3, 3, 3)),
      (store) => seen.add(String(store.get("update"))),
    );
    assert.deepEqual([...seen], ["2,2,2", "3,3,3"]);
  });

  it("goes on after a power cut as if nothing had happened", () => {
    cutEverywhere(
      (store) => store.set("update", bytes(3, 3, 3)),
      (store) => {
        for (let i = 4; i < 8; i++) {
          store.set("update", bytes(i));
          assert.deepEqual(store.get("update"), bytes(i));
        }
      },
    );
  });

  it("never brings an older value back wherever power is cut during a delete", () => {
    const seen = new Set<string>();
    cutEverywhere(
      (store) => store.delete("update"),
      (store) => seen.add(String(store.get("update"))),
    );
    assert.deepEqual([...seen], ["2,2,2", "undefined"]);
  });

  it("prefers the later record when the counter wraps", () => {
    const flash = new FlashCells();
    const store = new TwoCopies(flash);
    store.set("update", bytes(1));
    // Counter 0xffffffff with its CRC over counter and value 07, from zlib: crc32(ff ff ff ff 07) = 619b6a5c.
    flash.cells.set("update.a", bytes(0xff, 0xff, 0xff, 0xff, 0x5c, 0x6a, 0x9b, 0x61, 0x07));
    store.set("update", bytes(8));
    assert.deepEqual(store.get("update"), bytes(8));
  });

  it("does not take a damaged record for a value", () => {
    const flash = new FlashCells();
    const store = new TwoCopies(flash);
    store.set("update", bytes(1, 2, 3));
    const record = flash.cells.get("update.a") ?? bytes();
    for (let i = 0; i < record.byteLength; i++) {
      const damaged = record.slice();
      damaged[i] ^= 1;
      flash.cells.set("update.a", damaged);
      assert.equal(store.get("update"), undefined);
    }
  });

  it("writes nothing when the value is the same", () => {
    const flash = new FlashCells();
    const store = new TwoCopies(flash);
    store.set("update", bytes(1));
    flash.operations = 0;
    store.set("update", bytes(1));
    assert.equal(flash.operations, 0);
  });

  it("names its cells within the 15 characters of NVS", () => {
    const flash = new FlashCells();
    const store = new TwoCopies(flash);
    store.set("abcdefghijklm", bytes(1));
    store.set("abcdefghijklm", bytes(2));
    assert.deepEqual([...flash.cells.keys()].map((name) => name.length).sort(), [15, 15]);
  });

  it("refuses a key that NVS could not hold", () => {
    for (const key of ["", "abcdefghijklmn", "Update", "a.b"]) {
      assert.throws(
        () => new TwoCopies(new FlashCells()).set(key, bytes(1)),
        (error) => error instanceof Fault && error.code === "store-key",
      );
    }
  });

  it("refuses a value above 2048 bytes and keeps the old one", () => {
    const store = new TwoCopies(new FlashCells());
    store.set("update", bytes(1));
    assert.throws(
      () => store.set("update", new Uint8Array(2049)),
      (error) => error instanceof Fault && error.code === "store-value-too-long",
    );
    assert.deepEqual(store.get("update"), bytes(1));
  });

  it("reports a medium that fails, instead of taking it for empty", () => {
    const flash = new FlashCells();
    const store = new TwoCopies(flash);
    store.set("update", bytes(1));
    flash.broken = true;
    assert.throws(
      () => store.get("update"),
      (error) => error instanceof Fault && error.code === "store-failed",
    );
  });
});
