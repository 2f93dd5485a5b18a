/*
 * Downloads: files under URLs that carry an expiring signature, as a storage provider would hand them out. Ranges,
 * validators and refusals follow the recorded exchanges; faults come from download-faults.ts.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type DownloadFault, DownloadFaults } from "./download-faults.js";
import type { Settings } from "./options.js";
import { type ByteRange, rangeOf } from "./range.js";
import { requestUrl } from "./request-url.js";

export interface Download {
  readonly bytes: Buffer;
  /** SHA-256, upper-case hex; the ETag is made from it. */
  readonly checksum: string;
  readonly contentType: string;
}

/** What went over the wire, for the timeline; no URL in it. */
export type DownloadLog = (text: string, path: string) => void;

/** A paced body is written in this many pieces a second. */
const piecesPerSecond = 20;

export class Downloads {
  readonly faults = new DownloadFaults();
  readonly #settings: Settings;
  readonly #log: DownloadLog;
  readonly #files = new Map<string, Download>();
  readonly #secret = randomBytes(32);

  constructor(settings: Settings, log: DownloadLog) {
    this.#settings = settings;
    this.#log = log;
  }

  /** @param path "/firmware/1/<uuid>.bin" */
  put(path: string, file: Download): void {
    this.#files.set(path, file);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** @param origin "http://127.0.0.1:4001"; @returns a URL that is good for a while, whether or not there is a file */
  signed(path: string, origin: string): string {
    const expires = this.#settings.clock.now() + this.#settings.urlLifetimeMs;
    return `${origin}${path}?expires=${expires}&signature=${this.#signature(path, expires)}`;
  }

  /** @returns false when the path is not one of a download */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = requestUrl(request);
    if (!/^\/(firmware|uploads)\//.test(url.pathname)) return false;
    const refusal = this.#refusal(request.method, url);
    if (refusal !== undefined) {
      this.#log(`refused: ${refusal}`, url.pathname);
      xml(response, 403, "AccessDenied", refusal);
      return true;
    }
    const file = this.#files.get(url.pathname);
    if (file === undefined) xml(response, 404, "NoSuchKey", "no such file");
    else this.#send(request, response, url.pathname, file);
    return true;
  }

  /** The signature of a presigned URL covers GET alone, which is why HEAD is refused. */
  #refusal(method: string | undefined, url: URL): string | undefined {
    if (method !== "GET") return "the signature covers GET only";
    const expires = Number(url.searchParams.get("expires"));
    const given = Buffer.from(url.searchParams.get("signature") ?? "");
    const expected = Buffer.from(this.#signature(url.pathname, expires));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "wrong signature";
    return this.#settings.clock.now() >= expires ? "the URL has expired" : undefined;
  }

  #send(request: IncomingMessage, response: ServerResponse, path: string, file: Download): void {
    const fault = this.faults.take();
    const asked = rangeOf(request.headers.range, file.bytes.length);
    const shown = `${request.headers.range ?? "whole file"}${fault === undefined ? "" : ` with fault ${fault.kind}`}`;
    this.#log(`download: ${shown}`, path);
    const etag = `"${fault?.kind === "swap" ? "swapped" : file.checksum.slice(0, 32).toLowerCase()}"`;
    if (fault?.kind === "status") refuse(response, fault.status, fault.retryAfter);
    else if (fault?.kind === "redirect") redirect(request, response, fault.location);
    else if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
    else if (asked === "beyond") this.#beyond(response, file);
    else this.#sendBytes(response, file, asked, etag, fault);
  }

  #beyond(response: ServerResponse, file: Download): void {
    if (this.#settings.storage === "local") refuse(response, 500);
    else {
      response.setHeader("content-range", `bytes */${file.bytes.length}`);
      xml(response, 416, "InvalidRange", "the range starts behind the end");
    }
  }

  #sendBytes(
    response: ServerResponse,
    file: Download,
    asked: ByteRange | undefined,
    etag: string,
    fault: DownloadFault | undefined,
  ): void {
    const range = fault?.kind === "ignore-range" || this.#localWhole(asked, file) ? undefined : asked;
    const { bytes, declared } = bodyOf(file.bytes, range, fault);
    const headers = { "content-type": file.contentType, "accept-ranges": "bytes", etag, "content-length": declared };
    if (range === undefined) response.writeHead(200, headers);
    else {
      const shift = fault?.kind === "wrong-content-range" ? fault.offset : 0;
      const [first, last] = [range.first + shift, range.last + shift];
      response.writeHead(206, { ...headers, "content-range": `bytes ${first}-${last}/${file.bytes.length}` });
    }
    response.flushHeaders();
    this.#write(response, bytes, () => {
      if (fault?.kind === "drop") response.destroy();
      else if (fault?.kind !== "stall") response.end();
    });
  }

  /** The server's own file store answers 200 to a range that is the whole file. */
  #localWhole(range: ByteRange | undefined, file: Download): boolean {
    if (this.#settings.storage !== "local" || range === undefined) return false;
    return range.first === 0 && range.last === file.bytes.length - 1;
  }

  #write(response: ServerResponse, bytes: Buffer, done: () => void): void {
    const rate = this.#settings.downloadBytesPerSecond;
    if (rate === undefined || bytes.length === 0) {
      if (bytes.length === 0) done();
      else response.write(bytes, done);
      return;
    }
    const piece = Math.max(1, Math.floor(rate / piecesPerSecond));
    let at = 0;
    const next = () => {
      if (response.destroyed) return;
      if (at >= bytes.length) return done();
      response.write(bytes.subarray(at, at + piece));
      at += piece;
      this.#settings.timers.set(next, 1000 / piecesPerSecond);
    };
    next();
  }

  #signature(path: string, expires: number): string {
    return createHmac("sha256", this.#secret).update(`GET ${path} ${expires}`).digest("hex");
  }
}

function bodyOf(
  file: Buffer,
  range: ByteRange | undefined,
  fault: DownloadFault | undefined,
): { bytes: Buffer; declared: number } {
  const source = faulty(file, fault);
  const bytes = range === undefined ? source : source.subarray(range.first, range.last + 1);
  if (fault?.kind === "truncate")
    return { bytes: bytes.subarray(0, fault.after), declared: Math.min(fault.after, bytes.length) };
  if (fault?.kind === "drop" || fault?.kind === "stall")
    return { bytes: bytes.subarray(0, fault.after), declared: bytes.length };
  return { bytes, declared: bytes.length };
}

function faulty(file: Buffer, fault: DownloadFault | undefined): Buffer {
  if (fault?.kind === "overlong") return Buffer.concat([file, Buffer.alloc(fault.extra, 0xff)]);
  if (fault?.kind === "swap") return Buffer.from(file.map((byte) => byte ^ 0x5a));
  if (fault?.kind !== "corrupt") return file;
  const copy = Buffer.from(file);
  copy[fault.at % copy.length] ^= 1;
  return copy;
}

function refuse(response: ServerResponse, status: number, retryAfter?: number): void {
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  response.writeHead(status, { "content-length": 0 }).end();
}

function redirect(request: IncomingMessage, response: ServerResponse, location: string | undefined): void {
  const [name, port] = (request.headers.host ?? "").split(":");
  const other = name === "localhost" ? "127.0.0.1" : "localhost";
  const scheme = "encrypted" in request.socket ? "https" : "http";
  const target = location ?? `${scheme}://${other}${port === undefined ? "" : `:${port}`}${request.url}`;
  response.writeHead(302, { location: target, "content-length": 0 }).end();
}

function xml(response: ServerResponse, status: number, code: string, message: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response
    .writeHead(status, { "content-type": "application/xml", "content-length": Buffer.byteLength(text) })
    .end(text);
}
