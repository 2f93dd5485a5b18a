/*
 * Refusal: the HTTP answer of a server that does not want to upgrade, with a bounded piece of its body, for diagnosis.
 *
 * Whatever is odd about the body, the refusal itself is told: its status and headers are what the operator needs.
 */

import { BodyReader } from "../http/body.js";
import type { ResponseHead } from "../http/head.js";
import { maxRefusalBodyBytes } from "../limits/limits.js";
import { decodeLossy } from "../text/lossy.js";

export interface Refusal {
  status: number;
  reason: string;
  /** Names in lower case; repeated ones joined by ", ". */
  headers: Map<string, string>;
  /** The beginning of the body; what is not UTF-8 in it is replaced. */
  body: string;
}

export class RefusalReader {
  #head: ResponseHead;
  #body: BodyReader | undefined;
  #text = new Uint8Array(maxRefusalBodyBytes);
  #length = 0;

  /** `peer` is as in HeadReader. */
  constructor(head: ResponseHead, peer: string) {
    this.#head = head;
    try {
      this.#body = new BodyReader(head, "upgrade", peer);
    } catch {
      this.#body = undefined; // contradictory lengths: the head alone has to do
    }
  }

  /** Whether everything that is kept has been read. */
  get done(): boolean {
    return this.#body === undefined || this.#body.done || this.#length === this.#text.byteLength;
  }

  /** Takes body bytes from `bytes[from..to)`. */
  push(bytes: Uint8Array, from: number, to: number): void {
    try {
      while (from < to && !this.done) {
        from = this.#body!.push(bytes, from, to);
        const start = from - this.#body!.taken;
        const count = Math.min(this.#body!.taken, this.#text.byteLength - this.#length);
        this.#text.set(bytes.subarray(start, start + count), this.#length);
        this.#length += count;
      }
    } catch {
      this.#body = undefined; // broken chunks: what was read so far has to do
    }
  }

  get refusal(): Refusal {
    const { status, reason, headers } = this.#head;
    return { status, reason, headers, body: decodeLossy(this.#text.subarray(0, this.#length)) };
  }
}
