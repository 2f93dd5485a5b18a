import { FlashStore } from "../../../hosts/flash-model/flash-store.js";
import { MemoryFlash, tears } from "../../../hosts/flash-model/memory-flash.js";
import { PowerCut } from "../../../hosts/flash-model/power-cut.js";
import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { Fault } from "../../../modules/fault/fault.js";
import { crc32 } from "../../../modules/ota/crc32.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, it } from "../../support/harness.js";

const partitionSize = 16384;

function refused(code: string): (error: Error) => boolean {
  return (error) => error instanceof Fault && error.stage === "store" && error.code === code;
}

function value(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  new SeededRandom(seed).fill(bytes);
  return bytes;
}

type Step = [key: string, value: Uint8Array | undefined];

/** Small and large values, deletions, an empty value, one as long as can be: several copies of the bank. */
function script(): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < 40; i++) {
    steps.push(["progress", value(40 + i, i + 1)]);
    if (i % 3 === 0) steps.push(["trial", value(300, 100 + i)]);
    if (i % 5 === 0) steps.push([`key-${i}`, value(90, 200 + i)]);
    if (i % 5 === 3) steps.push([`key-${i - 3}`, undefined]);
    if (i % 7 === 2) steps.push(["largest", value(2048, 300 + i)]);
    if (i === 10) steps.push(["empty", new Uint8Array(0)]);
  }
  return steps;
}

function apply(store: FlashStore, [key, bytes]: Step): void {
  if (bytes) store.set(key, bytes);
  else store.delete(key);
}

function keysOf(steps: Step[]): string[] {
  return [...new Set(steps.map(([key]) => key))];
}

function line(key: string, bytes: Uint8Array | undefined): string {
  return bytes ? `${key}: ${bytes.byteLength} bytes, CRC ${crc32(bytes)}` : `${key}: none`;
}

function content(store: FlashStore, keys: string[]): string {
  return keys.map((key) => line(key, store.get(key))).join("\n");
}

/** What the store must hold after the first `count` steps. */
function expectations(steps: Step[]): string[] {
  const keys = keysOf(steps);
  const model = new Map<string, Uint8Array>();
  const write = () => keys.map((key) => line(key, model.get(key))).join("\n");
  const all = [write()];
  for (const [key, bytes] of steps) {
    if (bytes) model.set(key, bytes);
    else model.delete(key);
    all.push(write());
  }
  return all;
}

describe("flash store: values", () => {
  it("a value set is there, also after a restart", () => {
    const flash = new MemoryFlash(partitionSize);
    const store = new FlashStore(flash);
    assert.equal(store.get("uuid"), undefined);
    store.set("uuid", encodeUtf8("one"));
    store.set("uuid", encodeUtf8("two"));
    assert.deepEqual(store.get("uuid"), encodeUtf8("two"));
    assert.deepEqual(new FlashStore(flash).get("uuid"), encodeUtf8("two"));
  });

  it("a deleted value stays deleted, also through copies", () => {
    const flash = new MemoryFlash(partitionSize);
    const store = new FlashStore(flash);
    store.set("gone", encodeUtf8("x"));
    store.delete("gone");
    store.delete("never-there");
    assert.equal(new FlashStore(flash).get("gone"), undefined);
    for (let i = 0; i < 30; i++) store.set("other", value(500, i + 1));
    assert.equal(store.get("gone"), undefined);
    assert.equal(new FlashStore(flash).get("gone"), undefined);
  });

  it("setting what is there writes nothing", () => {
    const flash = new MemoryFlash(partitionSize);
    const store = new FlashStore(flash);
    store.set("a", encodeUtf8("same"));
    const before = flash.operations;
    store.set("a", encodeUtf8("same"));
    assert.equal(flash.operations, before);
  });

  it("works with the write unit of encrypted flash, and erases once a bank", () => {
    const flash = new MemoryFlash(partitionSize, 16);
    let store = new FlashStore(flash);
    for (const step of script()) apply(store, step);
    store = new FlashStore(flash);
    const steps = script();
    assert.equal(content(store, keysOf(steps)), expectations(steps)[steps.length]);
    assert.ok(flash.eraseCommands >= 4 && flash.eraseCommands <= 12, `${flash.eraseCommands} erases`);
  });

  it("refuses keys and values beyond the contract, and stays usable when full", () => {
    const store = new FlashStore(new MemoryFlash(partitionSize));
    for (const key of ["", "fourteen-chars", "Upper", "dot.dot", "é"]) {
      assert.throws(() => store.set(key, value(1, 1)), refused("store-key"));
    }
    store.set("thirteen-char", value(2048, 1));
    assert.throws(() => store.set("a", value(2049, 1)), refused("store-value-too-long"));
    store.set("b", value(2048, 2));
    store.set("c", value(2048, 3));
    assert.throws(() => store.set("d", value(2048, 4)), refused("store-full"));
    store.set("c", value(2048, 5));
    assert.deepEqual(store.get("c"), value(2048, 5));
    assert.deepEqual(store.get("b"), value(2048, 2));
    store.delete("b");
    store.set("d", value(2048, 4));
    assert.deepEqual(store.get("d"), value(2048, 4));
    assert.equal(store.get("b"), undefined);
  });

  it("garbage on the flash is an empty store that works", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const flash = new MemoryFlash(partitionSize);
      new SeededRandom(seed).fill(flash.bytes);
      const store = new FlashStore(flash);
      assert.equal(store.get("a"), undefined);
      store.set("a", encodeUtf8("b"));
      assert.deepEqual(new FlashStore(flash).get("a"), encodeUtf8("b"));
    }
  });
});

describe("flash store: power cut at every operation", () => {
  const steps = script();
  const keys = keysOf(steps);
  const expected = expectations(steps);

  function operationsOf(): number {
    const flash = new MemoryFlash(partitionSize);
    const store = new FlashStore(flash);
    for (const step of steps) apply(store, step);
    return flash.operations;
  }

  /** @returns the step during which the power failed */
  function runIntoCut(flash: MemoryFlash, from: number): number {
    const store = new FlashStore(flash);
    for (let done = from; done < steps.length; done++) {
      try {
        apply(store, steps[done]);
      } catch (error) {
        if (error instanceof PowerCut) return done;
        throw error;
      }
    }
    return steps.length;
  }

  for (const tear of tears) {
    it(`every key has its old or its new value, and the rest goes on (${tear} of the operation happened)`, () => {
      const operations = operationsOf();
      assert.ok(operations > 80);
      for (let cut = 1; cut <= operations; cut++) {
        for (let seed = 1; seed <= (tear === "none" ? 1 : 3); seed++) {
          const flash = new MemoryFlash(partitionSize);
          flash.cutAt(cut, tear, cut * 31 + seed);
          const during = runIntoCut(flash, 0);
          flash.powerOn();
          const found = content(new FlashStore(flash), keys);
          if (found !== expected[during] && found !== expected[during + 1]) {
            assert.fail(`cut ${cut}, seed ${seed}: a mixture`);
          }
          // Not the bytes that were torn, which could be written over themselves.
          new FlashStore(flash).set("after", value(40, cut));
          assert.equal(runIntoCut(flash, during), steps.length);
          assert.equal(content(new FlashStore(flash), keys), expected[steps.length]);
        }
      }
    });
  }

  it("a second cut at every operation of the recovery is survived as well", () => {
    const operations = operationsOf();
    for (let cut = 1; cut <= operations; cut += 5) {
      for (let second = 1; second <= 12; second++) {
        const flash = new MemoryFlash(partitionSize);
        flash.cutAt(cut, "scattered", cut);
        const during = runIntoCut(flash, 0);
        flash.powerOn();
        flash.cutAt(second, "scattered", second);
        const again = runIntoCut(flash, during);
        flash.powerOn();
        const found = content(new FlashStore(flash), keys);
        const allowed = [expected[again], expected[again + 1]];
        // The step that the first cut interrupted may be done already.
        if (again === during) allowed.push(expected[during + 1]);
        if (!allowed.includes(found)) assert.fail(`cuts ${cut} and ${second}: a mixture`);
      }
    }
  });
});
