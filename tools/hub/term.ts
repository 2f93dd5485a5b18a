/*
 * The few forms of Erlang's external term format that an NH1 token holds: {identifier, signed_at_ms, max_age}.
 * It reads what the real server's decoder accepts, not only what a well-behaved client writes: tuples of two, times as
 * floats or over-long integers.
 */

export interface TokenTerm {
  /** undefined when the identifier is no binary: an atom or a character list, which the real server chokes on */
  readonly identifier: Uint8Array | undefined;
  readonly signedAtMs: number;
}

/** @returns undefined for bytes that are not such a term */
export function decodeTokenTerm(bytes: Uint8Array): TokenTerm | undefined {
  const reader = new TermReader(bytes);
  try {
    if (reader.byte() !== 131 || reader.byte() !== 104) return undefined;
    const arity = reader.byte();
    if (arity !== 2 && arity !== 3) return undefined;
    const identifier = reader.term();
    const signedAtMs = reader.term();
    if (typeof signedAtMs !== "number" || Number.isNaN(signedAtMs)) return undefined;
    return { identifier: identifier instanceof Uint8Array ? identifier : undefined, signedAtMs };
  } catch {
    return undefined;
  }
}

class TermReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  /** @returns bytes for a binary, a number for a number, null for a term of no interest */
  term(): Uint8Array | number | null {
    const tag = this.byte();
    switch (tag) {
      case 97:
        return this.byte();
      case 98:
        return this.#take(4).getInt32(0);
      case 70:
        return this.#take(8).getFloat64(0);
      case 109:
        return this.#bytes(this.#take(4).getUint32(0));
      case 110: {
        const length = this.byte();
        const sign = this.byte() === 0 ? 1 : -1;
        return sign * this.#bytes(length).reduceRight((sum, byte) => sum * 256 + byte, 0);
      }
      case 100:
      case 107:
        this.#bytes(this.#take(2).getUint16(0));
        return null;
      case 119:
        this.#bytes(this.byte());
        return null;
      case 106:
        return null;
      default:
        throw new RangeError(`term tag ${tag}`);
    }
  }

  #take(length: number): DataView {
    const view = new DataView(this.#view.buffer, this.#view.byteOffset + this.#at, length);
    if (this.#at + length > this.#view.byteLength) throw new RangeError("term ends early");
    this.#at += length;
    return view;
  }

  #bytes(length: number): Uint8Array {
    const view = this.#take(length);
    return new Uint8Array(view.buffer, view.byteOffset, length);
  }
}
