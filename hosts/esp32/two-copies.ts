/*
 * TwoCopies: a Store on a medium whose writes can be cut in half.
 *
 * The SDK's `preference` erases a value of NVS and then writes it anew; a power cut in between loses it. So each key has
 * two cells, written in turn. A record is
 *
 *   counter, 32 bits little endian | CRC-32 of counter and value, 32 bits little endian | value
 *
 * and the value is that of the valid record with the later counter. `get` after a power cut gives, by the moment of the cut:
 *
 *   before the erase                      the old value: nothing has changed
 *   after the erase, or in the write      the old value: it is in the other cell, and this one is empty or its CRC is wrong
 *   after the write                       the new value: both cells are valid, and its counter is the later one
 *   `delete`, between its two erases      the old value: the older copy is erased first
 *
 * The rule it guards: the cell that holds the current value is never the one that is written.
 */

import { Fault } from "../../modules/fault/fault.js";
import { crc32 } from "../../modules/ota/crc32.js";
import { maxStoreValueBytes, type Store } from "../../modules/platform/store.js";
import { isMadeOf } from "../../modules/text/characters.js";
import { sameBytes } from "../../modules/text/same-bytes.js";

/** The medium: named cells, which a power cut may damage while they are written. */
export interface Cells {
  /** @param name at most 15 characters, the limit of NVS */
  get(name: string): Uint8Array | undefined;
  set(name: string, bytes: Uint8Array): void;
  delete(name: string): void;
}

const headerSize = 8;

interface Copy {
  cell: string;
  counter: number;
  value: Uint8Array;
}

const encode = (counter: number, value: Uint8Array): Uint8Array => {
  const record = new Uint8Array(headerSize + value.byteLength);
  const view = new DataView(record.buffer);
  record.set(value, headerSize);
  view.setUint32(0, counter, true);
  view.setUint32(4, crc32(value, crc32(record.subarray(0, 4))), true);
  return record;
};

/** @returns undefined for a cell that is empty or was not written completely */
const decode = (cell: string, record: Uint8Array | undefined): Copy | undefined => {
  if (record === undefined || record.byteLength < headerSize) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const value = record.subarray(headerSize);
  if (view.getUint32(4, true) !== crc32(value, crc32(record.subarray(0, 4)))) return undefined;
  return { cell, counter: view.getUint32(0, true), value };
};

export class TwoCopies implements Store {
  private readonly _cells: Cells;

  constructor(cells: Cells) {
    this._cells = cells;
  }

  get(key: string): Uint8Array | undefined {
    return this._current(key)?.value.slice();
  }

  set(key: string, value: Uint8Array): void {
    if (key === "" || key.length > 13 || !isMadeOf(key, "abcdefghijklmnopqrstuvwxyz0123456789-"))
      throw new Fault("store", "store-key", `"${key}" is not a key: 1 to 13 characters of a-z, 0-9 and "-".`);
    if (value.byteLength > maxStoreValueBytes) {
      throw new Fault(
        "store",
        "store-value-too-long",
        `"${key}" has ${value.byteLength} bytes, at most ${maxStoreValueBytes} are kept.`,
      );
    }
    const current = this._current(key);
    if (current !== undefined && sameBytes(current.value, value)) return; // spares the flash
    const cell = current?.cell === `${key}.a` ? `${key}.b` : `${key}.a`;
    const counter = current === undefined ? 1 : (current.counter + 1) >>> 0;
    this._try(key, () => this._cells.set(cell, encode(counter, value)));
  }

  delete(key: string): void {
    const current = this._current(key);
    const [first, last] = current?.cell === `${key}.a` ? [`${key}.b`, `${key}.a`] : [`${key}.a`, `${key}.b`];
    this._try(key, () => {
      this._cells.delete(first);
      this._cells.delete(last);
    });
  }

  private _current(key: string): Copy | undefined {
    const a = this._read(`${key}.a`);
    const b = this._read(`${key}.b`);
    if (a === undefined || b === undefined) return a ?? b;
    return ((b.counter - a.counter) | 0) > 0 ? b : a; // serial numbers: the difference survives a wrap
  }

  /** Reads a cell. A failing medium is no empty cell here: `set` would then start over at counter 1. @throws Fault */
  private _read(cell: string): Copy | undefined {
    return decode(
      cell,
      this._try(cell, () => this._cells.get(cell)),
    );
  }

  private _try<Result>(name: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw new Fault("store", "store-failed", `The storage failed at "${name}"; is it full or worn out?`, error);
    }
  }
}
