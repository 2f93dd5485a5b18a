/*
 * The body of an HTTP/1 response (RFC 9112 §6, §7): where it ends, and its bytes without the framing.
 *
 * The rule it guards: a byte beyond the announced end is never delivered, and an end before it is a fault. What the
 * bytes are is not looked at.
 */

import { Fault, type Stage } from "../fault/fault.js";
import { maxChunkLineBytes, maxHeadBytes } from "../limits/limits.js";
import { cut } from "../text/cut.js";
import type { ResponseHead } from "./head.js";
import { LineReader } from "./lines.js";

type Framing = "length" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "close" | "done";

// RFC 9112 §7.1: the size in hexadecimal, then perhaps extensions, which nobody understands and everybody passes over.
const chunkSize = (): RegExp => /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i;

export class BodyReader {
  /** The body's length in bytes when the head tells it. */
  readonly length: number | undefined;
  /** Bytes of body that the last `push` found, ending at the position it returned. */
  taken = 0;
  #stage: Stage;
  #peer: string;
  #framing: Framing;
  #left = 0;
  #received = 0;
  #trailerBytes = 0;
  #lines = new LineReader(maxChunkLineBytes);

  /** Throws Fault when the head contradicts itself. `stage` and `peer` are as in HeadReader. */
  constructor(head: ResponseHead, stage: Stage, peer: string) {
    this.#stage = stage;
    this.#peer = peer;
    const coding = head.headers.get("transfer-encoding");
    const length = head.headers.get("content-length");
    if (head.status < 200 || head.status === 204 || head.status === 304) {
      this.length = 0;
      this.#framing = "done";
    } else if (coding !== undefined) {
      // Stronger than Content-Length (RFC 9112 §6.3).
      if (coding.toLowerCase() !== "chunked")
        throw this.#fault("bad-transfer-encoding", `in the coding "${cut(coding, 40)}"`);
      this.#framing = "chunk-size";
    } else if (length !== undefined) {
      this.length = this.#left = this.#contentLength(length);
      this.#framing = this.#left === 0 ? "done" : "length";
    } else {
      this.#framing = "close";
    }
  }

  /** Whether the whole body was read. */
  get done(): boolean {
    return this.#framing === "done";
  }

  /**
   * Reads on in `bytes[from..to)` up to the next piece of body.
   * @returns the position behind what was read; the piece is `bytes[position - taken..position)`
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    this.taken = 0;
    while (from < to) {
      switch (this.#framing) {
        case "done":
          return to;
        case "close":
          return this.#take(from, to - from);
        case "length":
        case "chunk-data": {
          const end = this.#take(from, Math.min(this.#left, to - from));
          this.#left -= this.taken;
          if (this.#left === 0) this.#framing = this.#framing === "length" ? "done" : "chunk-end";
          return end;
        }
        default:
          from = this.#line(bytes, from, to);
      }
    }
    return from;
  }

  /** The connection has ended cleanly. @returns why that is too early, or undefined when the body is complete */
  end(): Fault | undefined {
    if (this.#framing === "close") this.#framing = "done";
    if (this.#framing === "done") return undefined;
    const expected = this.length === undefined ? "before its last chunk" : `of ${this.length}`;
    return new Fault(
      this.#stage,
      "short-body",
      `${this.#peer} closed the connection after ${this.#received} bytes ${expected}; the transfer can be resumed.`,
    );
  }

  #take(from: number, count: number): number {
    this.taken = count;
    this.#received += count;
    return from + count;
  }

  #line(bytes: Uint8Array, from: number, to: number): number {
    const next = this.#lines.push(bytes, from, to);
    if (next < 0) throw this.#fault("bad-chunk", "with an endless line between its chunks");
    if (this.#framing === "trailers") {
      this.#trailerBytes += next - from;
      if (this.#trailerBytes > maxHeadBytes) throw this.#fault("bad-chunk", "with endless trailers");
    }
    if (!this.#lines.complete) return next;
    const line = this.#lines.take();
    if (this.#framing === "chunk-size") {
      const parts = chunkSize().exec(line);
      if (!parts) throw this.#fault("bad-chunk", "with a chunk whose size is not a number");
      this.#left = Number.parseInt(parts[1], 16);
      this.#framing = this.#left === 0 ? "trailers" : "chunk-data";
    } else if (this.#framing === "chunk-end") {
      if (line !== "") throw this.#fault("bad-chunk", "with a chunk longer than its size");
      this.#framing = "chunk-size";
    } else if (line === "") {
      this.#framing = "done"; // the empty line behind the trailers, which are passed over
    }
    return next;
  }

  /** RFC 9112 §6.3: a list of equal lengths is one length, everything else is an error. */
  #contentLength(text: string): number {
    const [first, ...others] = text.split(",").map((part) => part.trim());
    if (!/^[0-9]{1,15}$/.test(first) || others.some((other) => other !== first)) {
      throw this.#fault("bad-length", "with a Content-Length that is not one number");
    }
    return Number(first);
  }

  #fault(code: string, what: string): Fault {
    return new Fault(
      this.#stage,
      code,
      `${this.#peer} answered ${what}; check the server or the proxy in front of it.`,
    );
  }
}
