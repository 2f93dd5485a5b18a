/*
 * The state of a DeltaDecoder between two chunks of output, and its form in flash.
 *
 * The form is little-endian: format, `phase`, parameters, `sizeBytes` (one byte each); `toSize`, `produced`, `consumed`,
 * `sourcePosition`, `left`, `bits` (32 bits each); `size` (64-bit float); `sizeNegative` and `bitCount` (one byte each);
 * `distance`, `pending` and `unread` (16 bits each); then, from phase `dataFormat` on, the heatshrink window.
 *
 * The rule it guards: a state comes from flash and may be anything. A state that passes `unpackState` keeps the decoder
 * within its bounds. Whether it is the state that was saved is for the store's checksum to tell.
 */

import { Fault } from "../fault/fault.js";

/** Largest window of a delta's compression: 2^12 = 4 KB, held in memory. NervesHub's deltas have 2^8; detools can make 2^15. */
export const deltaWindowBitsLimit = 12;

/** What the decoder reads next. */
export const DeltaPhase = Object.freeze({
  type: 0,
  toSize: 1,
  parameters: 2,
  dataFormat: 3,
  diffSize: 4,
  diff: 5,
  extraSize: 6,
  extra: 7,
  adjustment: 8,
  end: 9,
});

export interface DecoderState {
  phase: number;
  /** Size of the rebuilt image; 0 before it is known. */
  toSize: number;
  /** Bytes written. */
  produced: number;
  /** Bytes of the patch read. */
  consumed: number;
  /** Offset in the source to which the next difference applies. */
  sourcePosition: number;
  /** Bytes still to come of the current difference or of the current new data. */
  left: number;
  /** The unfinished size: the magnitude so far, out of `sizeBytes` bytes. */
  size: number;
  sizeBytes: number;
  sizeNegative: boolean;
}

/** The state of the decompressor (heatshrink.ts explains the fields). */
export interface WindowState {
  windowBits: number;
  lookaheadBits: number;
  unread: number;
  bits: number;
  bitCount: number;
  distance: number;
  pending: number;
  /** `1 << windowBits` bytes. */
  window: Uint8Array;
}

/** Bytes of a saved state without its window: 44 + 256 for NervesHub's deltas. */
export const stateSize = 44;

const format = 1;
/** Bytes of one size, five hold 34 bits: more is no size of a device. */
export const sizeBytesLimit = 5;

/** heatshrink's parameters as detools packs them into a byte: window bits less 4 above lookahead bits less 3. */
export const windowBitsOf = (parameters: number): number => (parameters >> 4) + 4;
export const lookaheadBitsOf = (parameters: number): number => (parameters & 15) + 3;

export const packState = (state: DecoderState, window: WindowState | undefined): Uint8Array => {
  const bytes = new Uint8Array(stateSize + (window === undefined ? 0 : window.window.byteLength));
  const view = new DataView(bytes.buffer);
  bytes[0] = format;
  bytes[1] = state.phase;
  bytes[3] = state.sizeBytes;
  view.setUint32(4, state.toSize, true);
  view.setUint32(8, state.produced, true);
  view.setUint32(12, state.consumed, true);
  view.setUint32(16, state.sourcePosition, true);
  view.setUint32(20, state.left, true);
  view.setFloat64(28, state.size, true);
  bytes[36] = state.sizeNegative ? 1 : 0;
  if (window !== undefined) {
    bytes[2] = ((window.windowBits - 4) << 4) | (window.lookaheadBits - 3);
    view.setUint32(24, window.bits, true);
    bytes[37] = window.bitCount;
    view.setUint16(38, window.distance, true);
    view.setUint16(40, window.pending, true);
    view.setUint16(42, window.unread, true);
    bytes.set(window.window, stateSize);
  }
  return bytes;
};

/** @throws Fault of stage "image": "delta-state-invalid", when a decoder in this state could leave its bounds */
export const unpackState = (
  bytes: Uint8Array,
  sourceSize: number,
  maxToSize: number,
  chunkSize: number,
): { state: DecoderState; window: WindowState | undefined } => {
  if (bytes.byteLength < stateSize || bytes[0] !== format) throw invalid("its format");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state: DecoderState = {
    phase: bytes[1],
    toSize: view.getUint32(4, true),
    produced: view.getUint32(8, true),
    consumed: view.getUint32(12, true),
    sourcePosition: view.getUint32(16, true),
    left: view.getUint32(20, true),
    size: view.getFloat64(28, true),
    sizeBytes: bytes[3],
    sizeNegative: bytes[36] === 1,
  };
  checkNumbers(state, sourceSize, maxToSize, chunkSize);
  if (state.phase <= DeltaPhase.parameters) {
    if (bytes.byteLength !== stateSize) throw invalid("its length");
    return { state, window: undefined };
  }
  return { state, window: unpackWindow(bytes, view) };
};

const checkNumbers = (state: DecoderState, sourceSize: number, maxToSize: number, chunkSize: number): void => {
  const { phase, toSize, produced, left, sourcePosition } = state;
  if (phase > DeltaPhase.end) throw invalid("its phase");
  if (toSize > maxToSize || produced > toSize) throw invalid("its sizes");
  if (produced !== toSize && produced % chunkSize !== 0) throw invalid("its position");
  if (sourcePosition > sourceSize) throw invalid("its source position");
  const copies = phase === DeltaPhase.diff || phase === DeltaPhase.extra;
  if (copies ? left === 0 || left > toSize - produced : left !== 0) throw invalid("its piece");
  if (phase === DeltaPhase.diff && left > sourceSize - sourcePosition) throw invalid("its piece of the source");
  if (phase === DeltaPhase.end && produced !== toSize) throw invalid("its end");
  if (state.sizeBytes >= sizeBytesLimit || !(state.size >= 0 && state.size < 2 ** 34)) throw invalid("a size");
  if (!Number.isInteger(state.size)) throw invalid("a size");
};

const unpackWindow = (bytes: Uint8Array, view: DataView): WindowState => {
  const windowBits = windowBitsOf(bytes[2]);
  const lookaheadBits = lookaheadBitsOf(bytes[2]);
  if (windowBits > deltaWindowBitsLimit || lookaheadBits >= windowBits) throw invalid("its window");
  if (bytes.byteLength !== stateSize + (1 << windowBits)) throw invalid("its length");
  const bits = view.getUint32(24, true);
  const bitCount = bytes[37];
  const distance = view.getUint16(38, true);
  const pending = view.getUint16(40, true);
  const unread = view.getUint16(42, true);
  if (unread > 1 << windowBits) throw invalid("its window");
  if (bitCount > 23 || bits >= 1 << bitCount) throw invalid("its bits");
  if (distance > 1 << windowBits || pending > 1 << lookaheadBits) throw invalid("its copy");
  if (distance === 0 && pending > 0) throw invalid("its copy");
  return { windowBits, lookaheadBits, unread, bits, bitCount, distance, pending, window: bytes.subarray(stateSize) };
};

const invalid = (what: string): Fault => {
  return new Fault("image", "delta-state-invalid", `The saved state of the delta is unusable (${what}); start over.`);
};
