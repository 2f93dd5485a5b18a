/*
 * FlashStore: small values in a flash partition that survive a power cut at any moment.
 *
 * The partition has two banks. One is in use: records are appended to it, the last one of a key counts. When it is full,
 * the live records are copied to the other bank, and the header of that bank, written last and carrying the higher
 * generation, makes the copy count. So an interrupted `set` leaves the old value, also in the middle of a copy.
 *
 * Every record has a CRC-32. The first record that does not match ends a bank: nothing is ever appended behind torn
 * bytes, the next `set` copies instead.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Store } from "../../modules/host/store.js";
import { maxStoreValueBytes } from "../../modules/limits/limits.js";
import { crc32 } from "../../modules/ota/crc32.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import { type Flash, sectorSize } from "./flash.js";

const maxKeyLength = 13;
const keyPattern = (): RegExp => /^[a-z0-9-]{1,13}$/;

/** Records start on multiples of it: the largest write unit there is (flash encryption). */
const unit = 16;
/** "NHST" */
const bankMagic = 0x4e485354;
/** Record: value length (2), key length (1), kind (1), CRC-32 (4), key, value, 0xFF to the next unit. */
const recordHeaderSize = 8;
const kindValue = 1;
const kindDeletion = 0;

interface Place {
  offset: number;
  size: number;
  valueOffset: number;
  valueLength: number;
}

export class FlashStore implements Store {
  readonly #partition: Flash;
  readonly #bankSize: number;
  readonly #buffer = new Uint8Array(roundUp(recordHeaderSize + maxKeyLength + maxStoreValueBytes));
  #bank = 0;
  /** 0: neither bank is in use yet. */
  #generation = 0;
  #places = new Map<string, Place>();
  /** Where the next record goes, in the bank; the bank's size when nothing more can be appended. */
  #end = 0;

  /** Reads what is there. Never writes, never throws for what it finds: what does not verify does not exist. */
  constructor(partition: Flash) {
    this.#partition = partition;
    this.#bankSize = Math.floor(partition.size / sectorSize / 2) * sectorSize;
    if (this.#bankSize === 0) throw new Fault("store", "store-too-small", "The store's partition needs two sectors.");
    const generations = [this.#readHeader(0), this.#readHeader(1)];
    this.#bank = generations[1] > generations[0] ? 1 : 0;
    this.#generation = generations[this.#bank];
    this.#end = this.#bankSize;
    if (this.#generation > 0) this.#scan();
  }

  get(key: string): Uint8Array | undefined {
    const place = this.#places.get(key);
    if (!place) return undefined;
    const value = new Uint8Array(place.valueLength);
    this.#partition.read(this.#bank * this.#bankSize + place.valueOffset, value);
    return value;
  }

  /** @throws Fault "store-key", "store-value-too-long", "store-full" */
  set(key: string, value: Uint8Array): void {
    if (!keyPattern().test(key)) {
      throw new Fault("store", "store-key", `"${key}" is not a key: 1 to 13 characters of a-z, 0-9 and "-".`);
    }
    if (value.byteLength > maxStoreValueBytes) {
      throw new Fault(
        "store",
        "store-value-too-long",
        `"${key}" has ${value.byteLength} bytes, at most ${maxStoreValueBytes} are kept.`,
      );
    }
    const present = this.get(key);
    if (present && equal(present, value)) return;
    const record = this.#encode(key, value, kindValue);
    if (this.#end + record.byteLength <= this.#bankSize) this.#append(record);
    else this.#compact(key, record.byteLength);
  }

  delete(key: string): void {
    if (!this.#places.has(key)) return;
    const record = this.#encode(key, new Uint8Array(0), kindDeletion);
    if (this.#end + record.byteLength <= this.#bankSize) this.#append(record);
    else this.#compact(key, 0);
  }

  /** @returns the record, in the buffer that all records share */
  #encode(key: string, value: Uint8Array, kind: number): Uint8Array {
    const keyBytes = encodeUtf8(key);
    const length = recordHeaderSize + keyBytes.byteLength + value.byteLength;
    const record = this.#buffer.subarray(0, roundUp(length)).fill(0xff);
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    view.setUint16(0, value.byteLength, true);
    record[2] = keyBytes.byteLength;
    record[3] = kind;
    record.set(keyBytes, recordHeaderSize);
    record.set(value, recordHeaderSize + keyBytes.byteLength);
    view.setUint32(4, recordCrc(record, length), true);
    return record;
  }

  #append(record: Uint8Array): void {
    const offset = this.#end;
    // Should the write fail, nothing may follow what it left.
    this.#end = this.#bankSize;
    this.#partition.write(this.#bank * this.#bankSize + offset, record);
    this.#end = offset + record.byteLength;
    this.#note(record, offset);
  }

  /**
   * Copies all live records but `key`'s to the other bank, then the record in the buffer, then makes that bank count.
   *
   * @param recordSize of the record in the buffer; 0 when `key` is to go
   */
  #compact(key: string, recordSize: number): void {
    let needed = unit + recordSize;
    for (const [other, place] of this.#places) if (other !== key) needed += place.size;
    if (needed > this.#bankSize) {
      throw new Fault("store", "store-full", `"${key}" does not fit: ${needed} of ${this.#bankSize} bytes are needed.`);
    }
    const record = recordSize > 0 ? this.#buffer.slice(0, recordSize) : undefined;
    const from = this.#bank * this.#bankSize;
    const bank = 1 - this.#bank;
    const to = bank * this.#bankSize;
    this.#partition.erase(to, this.#bankSize);
    let end = unit;
    for (const [other, place] of this.#places) {
      if (other === key) continue;
      const copy = this.#buffer.subarray(0, place.size);
      this.#partition.read(from + place.offset, copy);
      this.#partition.write(to + end, copy);
      end += place.size;
    }
    if (record) this.#partition.write(to + end, record);
    this.#writeHeader(to, this.#generation + 1);
    this.#bank = bank;
    this.#generation++;
    this.#scan();
  }

  #writeHeader(offset: number, generation: number): void {
    const header = new Uint8Array(unit).fill(0xff);
    const view = new DataView(header.buffer);
    view.setUint32(0, bankMagic, false);
    view.setUint32(4, generation, true);
    view.setUint32(12, crc32(header.subarray(0, 12)), true);
    this.#partition.write(offset, header);
  }

  /** @returns the bank's generation, 0 for a bank that does not count */
  #readHeader(bank: number): number {
    const header = new Uint8Array(unit);
    this.#partition.read(bank * this.#bankSize, header);
    const view = new DataView(header.buffer);
    if (view.getUint32(0, false) !== bankMagic) return 0;
    return view.getUint32(12, true) === crc32(header.subarray(0, 12)) ? view.getUint32(4, true) : 0;
  }

  /** Finds the records of the bank in use, and where the next one goes. */
  #scan(): void {
    this.#places = new Map();
    this.#end = unit;
    while (this.#end + unit <= this.#bankSize) {
      const record = this.#readRecord(this.#end);
      if (!record) break;
      this.#note(record, this.#end);
      this.#end += record.byteLength;
    }
    if (!this.#isBlank(this.#end)) this.#end = this.#bankSize;
  }

  /** @returns the record at `offset`, in the shared buffer; undefined when there is no whole one */
  #readRecord(offset: number): Uint8Array | undefined {
    const base = this.#bank * this.#bankSize;
    const head = this.#buffer.subarray(0, recordHeaderSize);
    this.#partition.read(base + offset, head);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const valueLength = view.getUint16(0, true);
    const keyLength = head[2];
    if (keyLength === 0 || keyLength > maxKeyLength || valueLength > maxStoreValueBytes) return undefined;
    const length = recordHeaderSize + keyLength + valueLength;
    if (offset + roundUp(length) > this.#bankSize) return undefined;
    const record = this.#buffer.subarray(0, roundUp(length));
    this.#partition.read(base + offset, record);
    return view.getUint32(4, true) === recordCrc(record, length) ? record : undefined;
  }

  #note(record: Uint8Array, offset: number): void {
    const keyLength = record[2];
    const key = decodeUtf8(record.subarray(recordHeaderSize, recordHeaderSize + keyLength));
    if (record[3] === kindDeletion) {
      this.#places.delete(key);
      return;
    }
    const valueLength = record[0] | (record[1] << 8);
    const valueOffset = offset + recordHeaderSize + keyLength;
    this.#places.set(key, { offset, size: record.byteLength, valueOffset, valueLength });
  }

  #isBlank(from: number): boolean {
    const piece = new Uint8Array(256);
    for (let at = from; at < this.#bankSize; at += piece.byteLength) {
      const part = piece.subarray(0, Math.min(piece.byteLength, this.#bankSize - at));
      this.#partition.read(this.#bank * this.#bankSize + at, part);
      for (const byte of part) if (byte !== 0xff) return false;
    }
    return true;
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / unit) * unit;
}

/** Over everything but the CRC itself. */
function recordCrc(record: Uint8Array, length: number): number {
  return crc32(record.subarray(recordHeaderSize, length), crc32(record.subarray(0, 4)));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}
