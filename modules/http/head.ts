/*
 * The head of an HTTP/1 response (RFC 9112 §4, §5): status line and header lines, fed in pieces of any size.
 *
 * Shared by the WebSocket upgrade and by downloads. Lenient where real servers differ (no reason phrase, bare line
 * feeds, folded lines), strict where leniency would be a guess (a line without a colon, control characters). The bytes
 * it holds are bounded by modules/limits, whatever the peer sends.
 */

import { Fault, type Stage } from "../fault/fault.js";
import { maxHeadBytes, maxHeaderCount, maxHeaderLineBytes } from "../limits/limits.js";
import { LineReader } from "./lines.js";

export interface ResponseHead {
  status: number;
  /** Empty when the server sent none. */
  reason: string;
  /** Names in lower case; values of repeated names joined by ", ". */
  headers: Map<string, string>;
}

const statusLine = (): RegExp => /^HTTP\/1\.[0-9] +([1-5][0-9][0-9])(?: (.*))?$/;
const headerLine = (): RegExp => /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/;

/** Reads one response head. */
export class HeadReader {
  #stage: Stage;
  #peer: string;
  #lines = new LineReader(maxHeaderLineBytes);
  #bytes = 0;
  #count = 0;
  #name = "";
  #head: ResponseHead | undefined;
  #done = false;

  /**
   * @param stage of the faults: "upgrade" or "download"
   * @param peer how messages name the server: host and path, never a query
   */
  constructor(stage: Stage, peer: string) {
    this.#stage = stage;
    this.#peer = peer;
  }

  /** The head, once it is complete. */
  get head(): ResponseHead | undefined {
    return this.#done ? this.#head : undefined;
  }

  /** Whether anything at all has been received. */
  get started(): boolean {
    return this.#bytes > 0;
  }

  /**
   * Takes bytes from `bytes[from..to)` until the head is complete.
   * @returns the position of the first byte behind the head, or `to`
   * @throws Fault when this is not a response or exceeds a limit
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    while (from < to && !this.#done) {
      const next = this.#lines.push(bytes, from, to);
      if (next < 0) throw this.#fault("header-line-too-long", `a header line longer than ${maxHeaderLineBytes} bytes`);
      this.#bytes += next - from;
      from = next;
      if (this.#bytes > maxHeadBytes) throw this.#fault("head-too-long", `more than ${maxHeadBytes} bytes of headers`);
      if (this.#lines.complete) this.#line(this.#lines.take());
      else if (!this.#head) this.#checkStart();
    }
    return from;
  }

  #line(line: string): void {
    if (!this.#head) {
      if (line === "") return; // RFC 9112 §2.2: empty lines before the status line are passed over
      const parts = statusLine().exec(line);
      if (!parts) throw this.#notHttp();
      this.#checkControls(line);
      this.#head = { status: Number(parts[1]), reason: (parts[2] ?? "").trim(), headers: new Map() };
      return;
    }
    if (line === "") {
      this.#done = true;
      return;
    }
    this.#checkControls(line);
    const { headers } = this.#head;
    if (line.startsWith(" ") || line.startsWith("\t")) {
      // A folded line continues the one before it (RFC 9112 §5.2).
      if (this.#name === "") throw this.#fault("bad-header", "a folded line before the first header");
      headers.set(this.#name, `${headers.get(this.#name)} ${line.trim()}`);
      return;
    }
    const parts = headerLine().exec(line);
    if (!parts) throw this.#fault("bad-header", "a line that is not a header");
    if (++this.#count > maxHeaderCount) throw this.#fault("too-many-headers", `more than ${maxHeaderCount} headers`);
    this.#name = parts[1].toLowerCase();
    const value = parts[2].trim();
    const before = headers.get(this.#name);
    headers.set(this.#name, before === undefined ? value : `${before}, ${value}`);
  }

  /** A peer that speaks something else (TLS, SMTP, …) rarely sends a line feed: it is found out by its first bytes. */
  #checkStart(): void {
    const start = this.#lines.peek(5);
    if (!"HTTP/".startsWith(start.trimStart())) throw this.#notHttp();
  }

  /** They would reach logs and terminals. */
  #checkControls(line: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw this.#fault("bad-header", "control characters in its headers");
  }

  #notHttp(): Fault {
    return new Fault(
      this.#stage,
      "not-http",
      `${this.#peer} does not answer in HTTP; check host and port, and that TLS is switched on exactly where the server expects it.`,
    );
  }

  #fault(code: string, what: string): Fault {
    return new Fault(this.#stage, code, `${this.#peer} answered with ${what}; check that this is the right server.`);
  }
}
