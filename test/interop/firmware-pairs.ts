/*
 * Images like firmware, as large as firmware, and what a release does to them: made from a seed, so that every run and
 * every machine has the same. Real images are in ../shared/data where that exists.
 */

export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain): integers below 2^32. */
export function seededRandom(seed: number): Random {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

export function randomBytes(size: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = random() >>> 24;
  return bytes;
}

/** Words of a vocabulary, as instructions are, mixed with addresses into the image itself, constants and zeros. */
export function firmware(size: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const vocabulary = Array.from({ length: 900 }, () => random() >>> 0);
  for (let i = 0; i + 4 <= size; i += 4) {
    const kind = random() % 100;
    if (kind < 70) view.setUint32(i, vocabulary[random() % vocabulary.length], true);
    else if (kind < 85) view.setUint32(i, 0x400d0000 + ((random() % size) & ~3), true);
    else if (kind < 93) view.setUint32(i, random() >>> 0, true);
  }
  return bytes;
}

/**
 * The next release: functions of `inserted` bytes come in at several places, every address behind such a place moves, and
 * some functions change.
 */
export function nextRelease(image: Uint8Array, inserts: number, edits: number, random: Random): Uint8Array {
  const places = Array.from({ length: inserts }, () => (random() % image.byteLength) & ~3).sort((a, b) => a - b);
  const inserted = 64;
  const shift = (offset: number): number => inserted * places.filter((place) => place <= offset).length;
  const next = new Uint8Array(image.byteLength + inserted * inserts);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const nextView = new DataView(next.buffer);
  for (let i = 0; i + 4 <= image.byteLength; i += 4) {
    const word = view.getUint32(i, true);
    const target = word - 0x400d0000;
    const moved = target >= 0 && target < image.byteLength ? word + shift(target) : word;
    nextView.setUint32(i + shift(i), moved, true);
  }
  for (const [number, place] of places.entries()) next.set(firmware(inserted, random), place + inserted * number);
  for (let i = 0; i < edits; i++) {
    const place = random() % (next.byteLength - 40);
    next.set(randomBytes(4 + (random() % 36), random), place);
  }
  return next;
}
