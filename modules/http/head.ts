/*
 * The head of an HTTP/1 response (RFC 9112 §4, §5): status line and header lines, fed in pieces of any size.
 *
 * Shared by the WebSocket upgrade and by downloads. Lenient where real servers differ (no reason phrase, bare line
 * feeds, folded lines, a blank before the colon, a header without a name), strict where leniency would be a guess (a line
 * without a colon, control characters). The bytes
 * it holds are bounded, whatever the peer sends.
 */

import { Fault } from "../fault/fault.js";
import { decimal, isAsciiText } from "../text/characters.js";
import { LineReader } from "./lines.js";
import type { HttpResponse } from "./options.js";
import { isToken } from "./request.js";

/** One header line. The longest real one is `Location` with a presigned URL (well over 1 kB); servers use 8 to 10 kB. */
export const maxHeaderLineBytes = 8192;
/** Header lines of one response. The hub's own responses have 6, storage providers' about 20. NervesHub itself accepts 50. */
export const maxHeaderCount = 64;
/** All lines of one response head together, in bytes: the headers stay in memory until the response ends. */
export const maxHeadBytes = 16_384;
/** Interim responses (1xx) before the final one. One or two are usual; endless ones are a way to keep a client busy. */
export const maxInterimResponses = 8;

export interface ResponseHead {
  status: number;
  /** Empty when the server sent none. */
  reason: string;
  /** Names in lower case; values of repeated names joined by ", ". */
  headers: Map<string, string>;
}

/** RFC 9112 §4. @returns undefined when `line` is not a status line of HTTP/1 */
const statusLine = (line: string): Pick<ResponseHead, "status" | "reason"> | undefined => {
  let at = "HTTP/1.x".length;
  if (!line.startsWith("HTTP/1.") || decimal(line.slice(at - 1, at), 1) === undefined || line[at] !== " ")
    return undefined;
  while (line[at] === " ") at++;
  const status = decimal(line.slice(at, at + 3), 3);
  const rest = line.slice(at + 3);
  // Behind the number a blank or the end, or text that is not ASCII: a text in the wrong encoding changes no status.
  if (status === undefined || status < 100 || status > 599 || (rest[0] <= "~" && rest[0] !== " ")) return undefined;
  return { status, reason: rest.trim() };
};

const isControl = (character: string): boolean => {
  if (isAsciiText(character)) return false;
  const code = character.codePointAt(0)!;
  return code < 0x20 || code === 0x7f;
};

/** The value of a Content-Range header (RFC 9110 §14.4). @returns undefined for anything but one range of bytes */
export const contentRange = (text: string): HttpResponse["contentRange"] => {
  const unit = "bytes ";
  const dash = text.indexOf("-");
  const slash = text.indexOf("/");
  if (text.slice(0, unit.length).toLowerCase() !== unit || dash < 0 || slash < dash) return undefined;
  const from = decimal(text.slice(unit.length, dash), 15);
  const to = decimal(text.slice(dash + 1, slash), 15);
  const size = text.slice(slash + 1);
  const total = decimal(size, 15);
  if (from === undefined || to === undefined || (total === undefined && size !== "*")) return undefined;
  return { from, to, total };
};

/** Reads one response head. */
export class HeadReader {
  private _stage: string;
  private _peer: string;
  private _lines = new LineReader(maxHeaderLineBytes);
  private _bytes = 0;
  private _count = 0;
  private _name = "";
  private _head: ResponseHead | undefined;
  private _done = false;

  /**
   * @param stage the stage of the faults: "upgrade" or "download"
   * @param peer how messages name the server: host and path, never a query
   */
  constructor(stage: string, peer: string) {
    this._stage = stage;
    this._peer = peer;
  }

  /** The head, once it is complete. */
  get head(): ResponseHead | undefined {
    return this._done ? this._head : undefined;
  }

  /**
   * Takes bytes from `bytes[from..to)` until the head is complete.
   * @returns the position of the first byte behind the head, or `to`
   * @throws Fault of `stage` when the bytes are not a response head or exceed a bound: "not-http", "bad-header",
   *   "header-line-too-long", "head-too-long", "too-many-headers"
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
      const start = statusLine(line);
      if (!start) throw this._notHttp();
      this._checkControls(line);
      this._head = { ...start, headers: new Map() };
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
    const colon = line.indexOf(":");
    if (colon < 0) throw this._fault("bad-header", "a line that is not a header");
    if (++this._count > maxHeaderCount) throw this._fault("too-many-headers", `more than ${maxHeaderCount} headers`);
    this._name = line.slice(0, colon).trimEnd().toLowerCase();
    // What has no usable name is passed over, as curl does.
    if (!isToken(this._name)) return;
    const value = line.slice(colon + 1).trim();
    const before = headers.get(this._name);
    headers.set(this._name, before === undefined ? value : `${before}, ${value}`);
  }

  /** Looks at the first bytes: a peer that speaks something else (TLS, SMTP, …) rarely sends a line feed. */
  private _checkStart(): void {
    const start = this._lines.peek(5);
    if (!"HTTP/".startsWith(start.trimStart())) throw this._notHttp();
  }

  /** Refuses control characters, which would reach logs and terminals. */
  private _checkControls(line: string): void {
    for (const character of line)
      if (character !== "\t" && isControl(character))
        throw this._fault("bad-header", "control characters in its headers");
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
