/*
 * Devices in the field: a key of the store never gets another shape; a new shape is a new key. And a key that a release does
 * not know does it no harm, but for the room that it takes in 8 KB: keep new ones small.
 */

import { Fault } from "../../modules/fault/fault.js";
import { decodeUtf8 } from "../../modules/text/utf8.js";
import { assert, it } from "../support/harness.js";
import { inPlace } from "./crossings.js";
import type { Left } from "./device-in-the-field.js";
import { describeField } from "./field-suite.js";
import { type Fixture, fixtures, table, write } from "./fixtures.js";
import type { Release } from "./release.js";
import { setKey, today } from "./today.js";

/** Keys that both set. Those of the flashable app's settings are texts, which nothing but `nerveshub-provision` sets. */
const keys = [
  "archive-uuid",
  "crash",
  "keys-archive",
  "keys-firmware",
  "last-time",
  "upd-progress",
  "upd-reverted",
  "upd-source",
  "upd-trial",
];

/** Keys of this release that ce69a67 does not know. */
const newKeys = ["upd-probe", "no-rollback"];

/** What a value is made of: the names and types of JSON, which may have raw bytes behind it, or a number of bytes. */
function shapeOf(bytes: Uint8Array): unknown {
  const length = (bytes[0] << 8) | bytes[1];
  for (const [from, to] of [
    [0, bytes.byteLength],
    [2, 2 + length],
  ]) {
    try {
      const value: unknown = JSON.parse(decodeUtf8(bytes.subarray(from, to)));
      return { value: typesOf(value), from, raw: to < bytes.byteLength };
    } catch {
      // Something else, then.
    }
  }
  return bytes.byteLength;
}

function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typesOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typesOf(inner)]));
}

function isFault(error: Error): boolean {
  return error instanceof Fault;
}

/** What `reader` finds of all that `writer` has set. */
async function shapes(fixture: Fixture, writer: Release, reader: Release): Promise<Map<string, unknown>> {
  const { left, keys } = await write(fixture, writer);
  const found = new Map<string, unknown>();
  for (const key of [...keys].sort()) {
    const value = reader.stored(left.bytes, table, key);
    if (value !== undefined) found.set(key, shapeOf(value));
  }
  return found;
}

describeField("devices in the field: keys of the store", (past) => {
  for (const fixture of fixtures.filter(({ unknown }) => !unknown)) {
    it(`${fixture.name}: both releases leave the same keys, of the same shape`, async () => {
      const [ours, theirs] = [await shapes(fixture, today, past), await shapes(fixture, past, today)];
      assert.deepEqual(ours, theirs);
    });
  }

  it("each key is left by a fixture, none has gone, and the new ones are listed", async () => {
    const set = { past: new Set<string>(), today: new Set<string>() };
    const left = new Set<string>();
    for (const fixture of fixtures) {
      for (const key of (await shapes(fixture, today, today)).keys()) left.add(key);
      for (const key of (await write(fixture, today)).keys) set.today.add(key);
      if (!fixture.unknown) for (const key of (await write(fixture, past)).keys) set.past.add(key);
    }
    assert.deepEqual(
      [...set.today].filter((key) => !set.past.has(key)),
      newKeys,
    );
    assert.deepEqual(
      [...set.past].filter((key) => !set.today.has(key)),
      [],
    );
    // The probe for room is deleted as soon as it was written.
    assert.deepEqual(
      [...set.today].filter((key) => !left.has(key)),
      ["upd-probe"],
    );
    assert.deepEqual([...set.past].sort(), keys);
  });

  it("no key and no value is longer than ce69a67 reads: it would take it for a torn end, and nothing behind it is there", async () => {
    const bytes = (await write(fixtures[0], today)).left.bytes.slice();
    const longest = "thirteen-char";
    setKey(bytes, table, longest, new Uint8Array(2048).fill(0x5a));
    setKey(bytes, table, "behind-it", new Uint8Array(1));
    assert.equal(past.stored(bytes, table, longest)?.byteLength, 2048);
    assert.equal(past.stored(bytes, table, "behind-it")?.byteLength, 1);
    assert.throws(() => setKey(bytes, table, "longer", new Uint8Array(2049)), isFault);
    assert.throws(() => setKey(bytes, table, `${longest}s`, new Uint8Array(1)), isFault);
  });

  for (const fixture of fixtures) {
    it(`${fixture.name}: keys of a later release do ce69a67 no harm`, async () => {
      const later = (left: Left): Left => {
        const bytes = left.bytes.slice();
        for (const key of ["later-1", "later-2"]) setKey(bytes, table, key, new Uint8Array(200).fill(0x5a));
        return { ...left, bytes };
      };
      await inPlace(fixture, today, past, () => [], later);
    });
  }
});
