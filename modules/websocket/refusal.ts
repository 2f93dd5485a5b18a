/*
 * UpgradeRefusal: the HTTP response of a server that does not upgrade, with a bounded piece of its body, for diagnosis.
 *
 * The rule it guards: a broken body never hides the refusal, since the operator needs its status and headers.
 */

import { BodyReader } from "../http/body.js";
import type { ResponseHead } from "../http/head.js";
import { decodeLossy } from "../text/lossy.js";

/** Bytes kept of the body of a refused upgrade: the hub's texts have under 100, longer ones are pages of proxies. */
export const maxRefusalBodyBytes = 512;

export interface UpgradeRefusal {
  status: number;
  reason: string;
  /** Names in lower case; repeated ones joined by ", ". */
  headers: Map<string, string>;
  /** The beginning of the body; bytes that are not UTF-8 are replaced. */
  body: string;
}

export class RefusalReader {
  private _head: ResponseHead;
  private _body: BodyReader | undefined;
  private _text = new Uint8Array(maxRefusalBodyBytes);
  private _length = 0;

  /** `peer` is as in HeadReader. */
  constructor(head: ResponseHead, peer: string) {
    this._head = head;
    try {
      this._body = new BodyReader(head, "upgrade", peer);
    } catch {
      this._body = undefined; // contradictory lengths: only the head is reported
    }
  }

  /** Whether all bytes that are kept have been read. */
  get done(): boolean {
    return this._body === undefined || this._body.done || this._length === this._text.byteLength;
  }

  /** Takes body bytes from `bytes[from..to)`. */
  push(bytes: Uint8Array, from: number, to: number): void {
    try {
      while (from < to && !this.done) {
        from = this._body!.push(bytes, from, to);
        const start = from - this._body!.taken;
        const count = Math.min(this._body!.taken, this._text.byteLength - this._length);
        this._text.set(bytes.subarray(start, start + count), this._length);
        this._length += count;
      }
    } catch {
      this._body = undefined; // broken chunks: the bytes read so far are reported
    }
  }

  get refusal(): UpgradeRefusal {
    const { status, reason, headers } = this._head;
    return { status, reason, headers, body: decodeLossy(this._text.subarray(0, this._length)) };
  }
}
