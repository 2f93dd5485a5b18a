/*
 * FlashStore: a Store in a flash partition, whose values survive a power cut at any moment.
 *
 * The partition has two banks, of which one is in use. Records are appended to it; the last record of a key has its value.
 * When the bank is full, the live records are copied to the other bank. The header of that bank is written last, with the
 * higher generation, and only then the other bank is in use. So an interrupted `set` leaves the old value, also in the
 * middle of a copy.
 *
 * Every record has a CRC-32. The first record with a wrong CRC ends a bank: nothing is ever appended behind torn bytes,
 * the next `set` copies instead.
 */

import { Fault } from "../../modules/fault/fault.js";
import { crc32 } from "../../modules/ota/crc32.js";
import { maxStoreValueBytes, type Store } from "../../modules/platform/store.js";
import { sameBytes } from "../../modules/text/same-bytes.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import { type Flash, sectorSize } from "./flash.js";

const maxKeyLength = 13;
const keyPattern = (): RegExp => /^[a-z0-9-]{1,13}$/;

/** Records start on multiples of this: the largest write unit, that of flash encryption. */
const unit = 16;
/** "NHST" */
const bankMagic = 0x4e485354;
/** A record has value length (2 bytes), key length (1), kind (1), CRC-32 (4), key, value, and 0xFF up to the next unit. */
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
  private readonly _partition: Flash;
  private readonly _bankSize: number;
  private readonly _buffer = new Uint8Array(roundUp(recordHeaderSize + maxKeyLength + maxStoreValueBytes));
  private _bank = 0;
  /** Generation of the bank in use; 0 while neither is in use. */
  private _generation = 0;
  private _places = new Map<string, Place>();
  /** Offset in the bank for the next record; the bank's size when nothing more can be appended. */
  private _end = 0;

  /**
   * Reads the records. Never writes, and never throws for the content: records with a wrong CRC do not exist.
   *
   * @throws Fault of stage "store": "store-too-small"
   */
  constructor(partition: Flash) {
    this._partition = partition;
    this._bankSize = Math.floor(partition.size / sectorSize / 2) * sectorSize;
    if (this._bankSize === 0) throw new Fault("store", "store-too-small", "The store's partition needs two sectors.");
    const generations = [this._readHeader(0), this._readHeader(1)];
    this._bank = generations[1] > generations[0] ? 1 : 0;
    this._generation = generations[this._bank];
    this._end = this._bankSize;
    if (this._generation > 0) this._scan();
  }

  get(key: string): Uint8Array | undefined {
    const place = this._places.get(key);
    if (!place) return undefined;
    const value = new Uint8Array(place.valueLength);
    this._partition.read(this._bank * this._bankSize + place.valueOffset, value);
    return value;
  }

  /** @throws Fault of stage "store": "store-key", "store-value-too-long", "store-full" */
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
    if (present && sameBytes(present, value)) return;
    const record = this._encode(key, value, kindValue);
    if (this._end + record.byteLength <= this._bankSize) this._append(record);
    else this._compact(key, record.byteLength);
  }

  delete(key: string): void {
    if (!this._places.has(key)) return;
    const record = this._encode(key, new Uint8Array(0), kindDeletion);
    if (this._end + record.byteLength <= this._bankSize) this._append(record);
    else this._compact(key, 0);
  }

  /** @returns the record, in the shared buffer `_buffer` */
  private _encode(key: string, value: Uint8Array, kind: number): Uint8Array {
    const keyBytes = encodeUtf8(key);
    const length = recordHeaderSize + keyBytes.byteLength + value.byteLength;
    const record = this._buffer.subarray(0, roundUp(length)).fill(0xff);
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    view.setUint16(0, value.byteLength, true);
    record[2] = keyBytes.byteLength;
    record[3] = kind;
    record.set(keyBytes, recordHeaderSize);
    record.set(value, recordHeaderSize + keyBytes.byteLength);
    view.setUint32(4, recordCrc(record, length), true);
    return record;
  }

  private _append(record: Uint8Array): void {
    const offset = this._end;
    // When the write fails, nothing may be appended behind the torn bytes.
    this._end = this._bankSize;
    this._partition.write(this._bank * this._bankSize + offset, record);
    this._end = offset + record.byteLength;
    this._note(record, offset);
  }

  /**
   * Copies all live records but that of `key` to the other bank, then the record in `_buffer`, then takes that bank into
   * use.
   *
   * @param recordSize bytes of the record in `_buffer`; 0 when `key` is deleted
   */
  private _compact(key: string, recordSize: number): void {
    let needed = unit + recordSize;
    for (const [other, place] of this._places) if (other !== key) needed += place.size;
    if (needed > this._bankSize) {
      throw new Fault("store", "store-full", `"${key}" does not fit: ${needed} of ${this._bankSize} bytes are needed.`);
    }
    const record = recordSize > 0 ? this._buffer.slice(0, recordSize) : undefined;
    const from = this._bank * this._bankSize;
    const bank = 1 - this._bank;
    const to = bank * this._bankSize;
    this._partition.erase(to, this._bankSize);
    let end = unit;
    for (const [other, place] of this._places) {
      if (other === key) continue;
      const copy = this._buffer.subarray(0, place.size);
      this._partition.read(from + place.offset, copy);
      this._partition.write(to + end, copy);
      end += place.size;
    }
    if (record) this._partition.write(to + end, record);
    this._writeHeader(to, this._generation + 1);
    this._bank = bank;
    this._generation++;
    this._scan();
  }

  private _writeHeader(offset: number, generation: number): void {
    const header = new Uint8Array(unit).fill(0xff);
    const view = new DataView(header.buffer);
    view.setUint32(0, bankMagic, false);
    view.setUint32(4, generation, true);
    view.setUint32(12, crc32(header.subarray(0, 12)), true);
    this._partition.write(offset, header);
  }

  /** @returns the bank's generation, 0 for a bank without a valid header */
  private _readHeader(bank: number): number {
    const header = new Uint8Array(unit);
    this._partition.read(bank * this._bankSize, header);
    const view = new DataView(header.buffer);
    if (view.getUint32(0, false) !== bankMagic) return 0;
    return view.getUint32(12, true) === crc32(header.subarray(0, 12)) ? view.getUint32(4, true) : 0;
  }

  /** Finds the records of the bank in use, and the offset for the next one. */
  private _scan(): void {
    this._places = new Map();
    this._end = unit;
    while (this._end + unit <= this._bankSize) {
      const record = this._readRecord(this._end);
      if (!record) break;
      this._note(record, this._end);
      this._end += record.byteLength;
    }
    if (!this._isBlank(this._end)) this._end = this._bankSize;
  }

  /** @returns the record at `offset`, in `_buffer`; undefined when there is no valid one */
  private _readRecord(offset: number): Uint8Array | undefined {
    const base = this._bank * this._bankSize;
    const head = this._buffer.subarray(0, recordHeaderSize);
    this._partition.read(base + offset, head);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const valueLength = view.getUint16(0, true);
    const keyLength = head[2];
    if (keyLength === 0 || keyLength > maxKeyLength || valueLength > maxStoreValueBytes) return undefined;
    const length = recordHeaderSize + keyLength + valueLength;
    if (offset + roundUp(length) > this._bankSize) return undefined;
    const record = this._buffer.subarray(0, roundUp(length));
    this._partition.read(base + offset, record);
    return view.getUint32(4, true) === recordCrc(record, length) ? record : undefined;
  }

  private _note(record: Uint8Array, offset: number): void {
    const keyLength = record[2];
    const key = decodeUtf8(record.subarray(recordHeaderSize, recordHeaderSize + keyLength));
    if (record[3] === kindDeletion) {
      this._places.delete(key);
      return;
    }
    const valueLength = record[0] | (record[1] << 8);
    const valueOffset = offset + recordHeaderSize + keyLength;
    this._places.set(key, { offset, size: record.byteLength, valueOffset, valueLength });
  }

  private _isBlank(from: number): boolean {
    const piece = new Uint8Array(256);
    for (let at = from; at < this._bankSize; at += piece.byteLength) {
      const part = piece.subarray(0, Math.min(piece.byteLength, this._bankSize - at));
      this._partition.read(this._bank * this._bankSize + at, part);
      for (const byte of part) if (byte !== 0xff) return false;
    }
    return true;
  }
}

const roundUp = (length: number): number => {
  return Math.ceil(length / unit) * unit;
};

/** CRC-32 of a record over everything but the CRC itself. */
const recordCrc = (record: Uint8Array, length: number): number => {
  return crc32(record.subarray(recordHeaderSize, length), crc32(record.subarray(0, 4)));
};
