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
  private _stage: Stage;
  private _peer: string;
  private _lines = new LineReader(maxHeaderLineBytes);
  private _bytes = 0;
  private _count = 0;
  private _name = "";
  private _head: ResponseHead | undefined;
  private _done = false;

  /**
   * @param stage of the faults: "upgrade" or "download"
   * @param peer how messages name the server: host and path, never a query
   */
  constructor(stage: Stage, peer: string) {
    this._stage = stage;
    this._peer = peer;
  }

  /** The head, once it is complete. */
  get head(): ResponseHead | undefined {
    return this._done ? this._head : undefined;
  }

  /** Whether anything at all has been received. */
  get started(): boolean {
    return this._bytes > 0;
  }

  /**
   * Takes bytes from `bytes[from..to)` until the head is complete.
   * @returns the position of the first byte behind the head, or `to`
   * @throws Fault when this is not a response or exceeds a limit
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    while (from < to && !this._done) {
      const next = this._lines.push(bytes, from, to);
      if (next < 0) throw this._fault("header-line-too-long", `a header line longer than ${maxHeaderLineBytes} bytes`);
      this._bytes += next - from;
      from = next;
      if (this._bytes > maxHeadBytes) throw this._fault("head-too-long", `more than ${maxHeadBytes} bytes of headers`);
      if (this._lines.complete) this._line(this._lines.take());
      else if (!this._head) this._checkStart();
    }
    return from;
  }

  private _line(line: string): void {
    if (!this._head) {
      if (line === "") return; // RFC 9112 §2.2: empty lines before the status line are passed over
      const parts = statusLine().exec(line);
      if (!parts) throw this._notHttp();
      this._checkControls(line);
      this._head = { status: Number(parts[1]), reason: (parts[2] ?? "").trim(), headers: new Map() };
      return;
    }
    if (line === "") {
      this._done = true;
      return;
    }
    this._checkControls(line);
    const { headers } = this._head;
    if (line.startsWith(" ") || line.startsWith("\t")) {
      // A folded line continues the one before it (RFC 9112 §5.2).
      if (this._name === "") throw this._fault("bad-header", "a folded line before the first header");
      headers.set(this._name, `${headers.get(this._name)} ${line.trim()}`);
      return;
    }
    const parts = headerLine().exec(line);
    if (!parts) throw this._fault("bad-header", "a line that is not a header");
    if (++this._count > maxHeaderCount) throw this._fault("too-many-headers", `more than ${maxHeaderCount} headers`);
    this._name = parts[1].toLowerCase();
    const value = parts[2].trim();
    const before = headers.get(this._name);
    headers.set(this._name, before === undefined ? value : `${before}, ${value}`);
  }

  /** A peer that speaks something else (TLS, SMTP, …) rarely sends a line feed: it is found out by its first bytes. */
  private _checkStart(): void {
    const start = this._lines.peek(5);
    if (!"HTTP/".startsWith(start.trimStart())) throw this._notHttp();
  }

  /** They would reach logs and terminals. */
  private _checkControls(line: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw this._fault("bad-header", "control characters in its headers");
  }

  private _notHttp(): Fault {
    return new Fault(
      this._stage,
      "not-http",
      `${this._peer} does not answer in HTTP; check host and port, and that TLS is switched on exactly where the server expects it.`,
    );
  }

  private _fault(code: string, what: string): Fault {
    return new Fault(this._stage, code, `${this._peer} answered with ${what}; check that this is the right server.`);
  }
}
