/*
 * The body of an HTTP/1 response (RFC 9112 §6, §7): where it ends, and its bytes without the framing.
 *
 * The rule it guards: a byte beyond the announced end is never delivered, and a connection that ends before it is a
 * fault. The content of the body is not looked at.
 */

import { Fault } from "../fault/fault.js";
import { decimal, hexadecimal } from "../text/characters.js";
import { cut } from "../text/cut.js";
import { maxHeadBytes, type ResponseHead } from "./head.js";
import { LineReader } from "./lines.js";

/** Size line of one chunk, extensions included. Sixteen digits would be enough. */
export const maxChunkLineBytes = 256;

type Framing = "length" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "close" | "done";

/** RFC 9112 §7.1: the size in hexadecimal, perhaps with extensions behind it, which are ignored. */
const chunkSize = (line: string): number | undefined => {
  const [text] = line.split(";", 1);
  let size = text.trim();
  // Some servers fill up with zeros, to 16 digits.
  while (size.length > 1 && size[0] === "0") size = size.slice(1);
  return hexadecimal(size, 12);
};

/** The codings of `Transfer-Encoding`, but for "identity", which RFC 2616 had and which is none. */
const codingsOf = (header: string): string[] =>
  header
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");

export class BodyReader {
  /** The body's length in bytes when the head tells it. */
  readonly length: number | undefined;
  /** Bytes of body that the last `push` found, ending at the position it returned. */
  taken = 0;
  private _stage: string;
  private _peer: string;
  private _framing: Framing;
  private _left = 0;
  private _received = 0;
  private _trailerBytes = 0;
  private _lines = new LineReader(maxChunkLineBytes);

  /** @throws Fault when the head contradicts itself. `stage` and `peer` are as in HeadReader. */
  constructor(head: ResponseHead, stage: string, peer: string) {
    this._stage = stage;
    this._peer = peer;
    const codings = codingsOf(head.headers.get("transfer-encoding") ?? "");
    const length = head.headers.get("content-length");
    if (head.status < 200 || head.status === 204 || head.status === 304) {
      this.length = 0;
      this._framing = "done";
    } else if (codings.length > 0) {
      // Transfer-Encoding overrides Content-Length (RFC 9112 §6.3).
      if (codings.some((coding) => coding !== "chunked"))
        throw this._fault("bad-transfer-encoding", `in the coding "${cut(codings.join(", "), 40)}"`);
      this._framing = "chunk-size";
    } else if (length !== undefined) {
      this.length = this._left = this._contentLength(length);
      this._framing = this._left === 0 ? "done" : "length";
    } else {
      this._framing = "close";
    }
  }

  /** Whether the whole body was read. */
  get done(): boolean {
    return this._framing === "done";
  }

  /**
   * Reads on in `bytes[from..to)` up to the next piece of body.
   * @returns the position behind what was read; the piece is `bytes[position - taken..position)`
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    this.taken = 0;
    while (from < to) {
      switch (this._framing) {
        case "done":
          return to;
        case "close":
          return this._take(from, to - from);
        case "length":
        case "chunk-data": {
          const end = this._take(from, Math.min(this._left, to - from));
          this._left -= this.taken;
          if (this._left === 0) this._framing = this._framing === "length" ? "done" : "chunk-end";
          return end;
        }
        default:
          from = this._line(bytes, from, to);
      }
    }
    return from;
  }

  /** Tells the reader that the connection ended cleanly. @returns "short-body" unless the body is complete */
  end(): Fault | undefined {
    if (this._framing === "close") this._framing = "done";
    if (this._framing === "done") return undefined;
    const expected = this.length === undefined ? "before its last chunk" : `of ${this.length}`;
    return new Fault(
      this._stage,
      "short-body",
      `${this._peer} closed the connection after ${this._received} bytes ${expected}; the transfer can be resumed.`,
    );
  }

  private _take(from: number, count: number): number {
    this.taken = count;
    this._received += count;
    return from + count;
  }

  private _line(bytes: Uint8Array, from: number, to: number): number {
    const next = this._lines.push(bytes, from, to);
    if (next < 0) throw this._fault("bad-chunk", "with an endless line between its chunks");
    if (this._framing === "trailers") {
      this._trailerBytes += next - from;
      if (this._trailerBytes > maxHeadBytes) throw this._fault("bad-chunk", "with endless trailers");
    }
    if (!this._lines.complete) return next;
    const line = this._lines.take();
    if (this._framing === "chunk-size") {
      const size = chunkSize(line);
      if (size === undefined) throw this._fault("bad-chunk", "with a chunk whose size is not a number");
      this._left = size;
      this._framing = this._left === 0 ? "trailers" : "chunk-data";
    } else if (this._framing === "chunk-end") {
      if (line !== "") throw this._fault("bad-chunk", "with a chunk longer than its size");
      this._framing = "chunk-size";
    } else if (line === "") {
      this._framing = "done"; // an empty line ends the trailers, which are ignored
    }
    return next;
  }

  /** RFC 9112 §6.3: a list of equal lengths is one length, everything else is an error. */
  private _contentLength(text: string): number {
    const [first, ...others] = text.split(",").map((part) => part.trim());
    const length = decimal(first, 15);
    if (length === undefined || others.some((other) => other !== first)) {
      throw this._fault("bad-length", "with a Content-Length that is not one number");
    }
    return length;
  }

  private _fault(code: string, what: string): Fault {
    return new Fault(
      this._stage,
      code,
      `${this._peer} answered ${what}; check the server or the proxy in front of it.`,
    );
  }
}
