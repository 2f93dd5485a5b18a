/*
 * A download server for one file, with every fault a link or a store can have. Portable.
 */

import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import type { Break, Connection } from "./virtual-network.js";

/** Bytes sent at once; a little under the reader's buffer, so that pieces never line up with sectors. */
const segmentBytes = 3900;

export interface Request {
  /** Counted from 1. */
  number: number;
  from: number | undefined;
  /** Path and query. */
  url: string;
}

/** What the server does with a request instead of serving it; undefined: serve it. */
export interface Answer {
  status?: number;
  headers?: string[];
  /** Body bytes after which the connection breaks off. */
  cutAfter?: number;
  breakAs?: Break;
  /** Serve the whole file with 200. */
  ignoreRange?: boolean;
  /** The 206 speaks of another range than asked for. */
  wrongRange?: boolean;
  /** The 206 does not say which range it holds. */
  noRange?: boolean;
  /** The 206 goes on to the end of the file, also where less was asked for. */
  openEnd?: boolean;
  /** Further header lines. */
  lines?: string[];
  /** Something else than the file, whatever was asked for. */
  instead?: { status?: number; lines?: string[]; body: Uint8Array };
  /** Bytes of the body are changed. */
  spoil?(body: Uint8Array, from: number): Uint8Array;
}

export class FileServer {
  file: Uint8Array;
  etag: string | undefined = '"one"';
  /** Body bytes that reached the device, over all requests. */
  served = 0;
  requests = 0;
  /** Chosen by the test. */
  answer: (request: Request) => Answer | undefined = () => undefined;

  constructor(file: Uint8Array) {
    this.file = file;
  }

  accept(connection: Connection): void {
    let head = "";
    connection.onData = (bytes) => {
      head += decodeUtf8(bytes);
      if (head.endsWith("\r\n\r\n")) this.#respond(connection, head);
    };
  }

  #respond(connection: Connection, head: string): void {
    const range = /range: *bytes=(\d+)-(\d*)/i.exec(head);
    const from = range === null ? undefined : Number(range[1]);
    const to = range === null || range[2] === "" ? this.file.byteLength - 1 : Number(range[2]);
    const url = /^GET (\S+)/.exec(head)?.[1] ?? "";
    const answer = this.answer({ number: ++this.requests, from, url }) ?? {};
    if (answer.status !== undefined) {
      connection.send(
        encodeUtf8(`HTTP/1.1 ${answer.status} No\r\n${(answer.headers ?? []).join("")}content-length: 0\r\n\r\n`),
      );
      connection.end();
      return;
    }
    if (answer.instead !== undefined) {
      const { status = 200, lines: own = [], body } = answer.instead;
      connection.send(encodeUtf8(`HTTP/1.1 ${status} OK\r\n${[...own, "", ""].join("\r\n")}`));
      this.#body(connection, body, answer);
      return;
    }
    const ranged = from !== undefined && !answer.ignoreRange;
    const start = ranged ? from : 0;
    const end = ranged && !answer.openEnd ? Math.min(to + 1, this.file.byteLength) : this.file.byteLength;
    let body: Uint8Array = this.file.slice(start, end);
    if (answer.spoil !== undefined) body = answer.spoil(body, start);
    const said = answer.wrongRange ? Math.max(0, start - 1) : start;
    const lines = [
      ranged ? "HTTP/1.1 206 Partial Content" : "HTTP/1.1 200 OK",
      `content-length: ${body.byteLength}`,
      ...(answer.lines ?? []),
      ...(ranged && !answer.noRange ? [`content-range: bytes ${said}-${end - 1}/${this.file.byteLength}`] : []),
      ...(this.etag === undefined ? [] : [`etag: ${this.etag}`]),
    ];
    const response = encodeUtf8(`${lines.join("\r\n")}\r\n\r\n`);
    let headLeft = response.byteLength;
    connection.onRead = (count) => {
      const ofHead = Math.min(headLeft, count);
      headLeft -= ofHead;
      this.served += count - ofHead;
    };
    connection.send(response);
    this.#body(connection, body, answer);
  }

  #body(connection: Connection, body: Uint8Array, { cutAfter, breakAs = "reset" }: Answer): void {
    if (cutAfter !== undefined) {
      connection.remaining = cutAfter;
      connection.breakAs = breakAs;
    }
    for (let at = 0; at < body.byteLength && connection.remaining > 0; at += segmentBytes) {
      connection.send(body.subarray(at, at + segmentBytes));
    }
    if (cutAfter === undefined) connection.end();
    else if (connection.remaining === 0 && breakAs !== "silence") connection.end(breakAs);
  }
}
