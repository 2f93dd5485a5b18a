import { DerReader } from "../../../modules/x509/der.js";
import { assert, describe, it } from "../../support/harness.js";

const refused = (bytes: number[], read: (reader: DerReader) => unknown): void =>
  assert.throws(
    () => read(new DerReader(Uint8Array.of(...bytes))),
    (error) => error instanceof Error,
  );

describe("DER", () => {
  it("walks over the elements of a sequence", () => {
    const reader = new DerReader(Uint8Array.of(0x30, 5, 0x02, 1, 7, 0x05, 0)).enter();
    assert.deepEqual(reader.unsigned(), Uint8Array.of(7));
    assert.equal(reader.next, 5);
    assert.deepEqual(reader.element(), Uint8Array.of(5, 0));
    assert.ok(reader.done);
    assert.equal(reader.next, -1);
  });

  it("reads lengths of up to three bytes", () => {
    for (const [header, length] of [
      [[0x81, 0x80], 128],
      [[0x82, 0x01, 0x00], 256],
      [[0x83, 0x01, 0x00, 0x00], 65_536],
    ] as [number[], number][]) {
      const bytes = new Uint8Array(1 + header.length + length);
      bytes.set([4, ...header]);
      assert.equal(new DerReader(bytes).read(4).byteLength, length);
    }
  });

  it("believes no length that goes beyond what is there", () => {
    for (const bytes of [
      [4],
      [4, 1],
      [4, 2, 0],
      [4, 0x81],
      [4, 0x82, 0xff],
      [4, 0x82, 0xff, 0xff],
      [4, 0x84, 0xff, 0xff, 0xff, 0xf0],
    ])
      refused(bytes, (reader) => reader.element());
  });

  it("refuses indefinite lengths and long tags", () => {
    refused([0x30, 0x80, 0, 0], (reader) => reader.element());
    refused([0x1f, 0x01, 0x00], (reader) => reader.element());
  });

  it("refuses another tag than the expected one, and leaves an optional one alone", () => {
    refused([4, 0], (reader) => reader.read(2));
    const reader = new DerReader(Uint8Array.of(4, 0));
    assert.equal(reader.optional(2), undefined);
    assert.equal(reader.next, 4);
  });

  it("takes positive whole numbers only", () => {
    assert.deepEqual(new DerReader(Uint8Array.of(2, 2, 0, 0x80)).unsigned(), Uint8Array.of(0x80));
    assert.deepEqual(new DerReader(Uint8Array.of(2, 1, 0)).unsigned(), Uint8Array.of(0));
    refused([2, 1, 0x80], (reader) => reader.unsigned());
    refused([2, 0], (reader) => reader.unsigned());
  });

  it("takes whole bytes of bits only", () => {
    assert.deepEqual(new DerReader(Uint8Array.of(3, 2, 0, 9)).bits(), Uint8Array.of(9));
    refused([3, 2, 1, 8], (reader) => reader.bits());
    refused([3, 0], (reader) => reader.bits());
  });

  it("says when something is left", () =>
    refused([], (reader) => [reader.end(), new DerReader(Uint8Array.of(5)).end()]));
});
