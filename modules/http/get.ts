/*
 * HttpGet: one streaming download over a ByteStream (RFC 9110, RFC 9112).
 *
 * It follows redirects, takes bodies of every framing, and hands the bytes over in views of one buffer. It does not
 * judge the status, verify content or resume: the caller does, which knows what is being fetched. Each request has a
 * connection of its own (`Connection: close`): a device fetches one file and then needs its memory back.
 *
 * The rules it guards: credentials stay with the origin they were given for, https never becomes http, and bytes are
 * read only while the caller takes them. URL, headers and roots are let go of when the final response is there.
 */

import { asFault, Fault } from "../fault/fault.js";
import type { ByteStream, ByteStreamListener } from "../platform/byte-stream.js";
import type { Timer, Timers } from "../platform/timers.js";
import { encodeUtf8 } from "../text/utf8.js";
import { BodyReader } from "./body.js";
import { contentRange, HeadReader, maxInterimResponses, type ResponseHead } from "./head.js";
import type { HttpGetOptions, HttpListener } from "./options.js";
import { requestText } from "./request.js";
import { parseUrl, publicText, resolveUrl, sameOrigin, type Url } from "./url.js";

/** Redirects in a row. Proxy, region and storage make three at most; browsers stop at 20, curl by default at none. */
export const maxRedirects = 5;

export type { HttpGetOptions, HttpListener, HttpResponse } from "./options.js";

/** Bytes of the one buffer a download is read through: a flash sector, and a size that the SDK's TLS hands out well. */
const bufferBytes = 4096;

/** Codings that change bytes. "identity", "aws-chunked", "none", "utf-8" and the like stand on plain files, and mean nothing. */
const compressions: readonly string[] = Object.freeze([
  "br",
  "compress",
  "dcb",
  "dcz",
  "deflate",
  "gzip",
  "x-compress",
  "x-gzip",
  "zstd",
]);

const isCompressed = (contentEncoding: string): boolean =>
  contentEncoding
    .toLowerCase()
    .split(",")
    .some((coding) => compressions.includes(coding.trim()));

export class HttpGet implements ByteStreamListener {
  private readonly _listener: HttpListener;
  private readonly _timers: Timers;
  private readonly _idleTimeoutMs: number;
  readonly #buffer = new Uint8Array(bufferBytes);
  private _from = 0;
  private _to = 0;
  // Options, URL, request and head hold the URL, which may be a credential; they are gone when the final response is there.
  #options: HttpGetOptions | undefined;
  #url: Url | undefined;
  private _headers: [string, string][];
  private _peer = "";
  private _redirects = 0;
  private _interim = 0;
  private _stream: ByteStream | undefined;
  /** The rest of the request that is still to be sent. */
  #request: Uint8Array | undefined;
  private _connected = false;
  /** Its lines may be a redirect's. */
  #head: HeadReader | undefined;
  private _body: BodyReader | undefined;
  private _timer: Timer | undefined;
  private _paused = false;
  private _pumping = false;
  private _streamEnded = false;
  private _streamFault: Error | undefined;
  private _finished = false;

  /** Starts the request. The listener hears nothing from inside the constructor. */
  constructor(options: HttpGetOptions, listener: HttpListener) {
    this._listener = listener;
    this._timers = options.timers;
    this._idleTimeoutMs = options.idleTimeoutMs;
    this.#options = options;
    this._headers = options.headers ?? [];
    try {
      const url = parseUrl(options.url);
      if (url?.scheme !== "http" && url?.scheme !== "https") {
        throw new Fault(
          "download",
          "bad-url",
          "The download URL is not a usable http or https URL; check what the server offers.",
        );
      }
      this._open(url, options);
    } catch (error) {
      const fault = asFault(error, "download", "request-failed");
      this._timer = this._timers.set(() => this._fail(fault), 0);
    }
  }

  /** Stops reading, so that the server soon cannot send any more. One buffer at most is held meanwhile. */
  pause(): void {
    this._paused = true;
    this._clearTimer();
  }

  /** Reads on. The listener may be called from inside. */
  resume(): void {
    if (!this._paused || this._finished) return;
    this._paused = false;
    this._restartTimer();
    this._guard(this._pump);
  }

  /** Ends the request at once. The listener hears nothing afterwards. */
  close(): void {
    this._finished = true;
    this._clearTimer();
    this._stream?.close();
    this._stream = undefined;
  }

  /** ByteStreamListener, as the next three methods. An error inside ends in `failed`, not in the platform. */
  opened(): void {
    this._connected = true;
    this._guard(this._send);
  }

  writable(): void {
    this._guard(this._send);
  }

  readable(): void {
    this._restartTimer();
    this._guard(this._pump);
  }

  closed(fault?: Error): void {
    this._streamEnded = true;
    this._streamFault = fault;
    this._guard(this._pump);
  }

  private _open(url: Url, { network, secure, connectTimeoutMs, from, to }: HttpGetOptions): void {
    this.#url = url;
    this._peer = publicText(url);
    this.#head = new HeadReader("download", this._peer);
    this._streamEnded = false;
    this._streamFault = undefined;
    this._from = this._to = 0;
    this._connected = false;
    const headers: [string, string][] = [["connection", "close"], ...this._headers];
    if (from !== undefined || to !== undefined) headers.push(["range", `bytes=${from ?? 0}-${to ?? ""}`]);
    this.#request = encodeUtf8(requestText(url, headers));
    const handshakeTimeoutMs = secure?.handshakeTimeoutMs ?? connectTimeoutMs;
    const serverName = this._redirects === 0 ? secure?.serverName : undefined;
    this._stream = network.open(
      {
        host: url.host,
        port: url.port,
        connectTimeoutMs,
        secure: url.scheme === "https" ? { roots: secure?.roots, serverName, handshakeTimeoutMs } : undefined,
      },
      this,
    );
  }

  private _send(): void {
    if (!this._stream || !this.#request) return;
    const taken = this._stream.write(this.#request);
    this.#request = taken < this.#request.byteLength ? this.#request.subarray(taken) : undefined;
    this._restartTimer();
  }

  /** What is thrown inside ends the request, and not in the platform. */
  private _guard(body: (this: HttpGet) => void): void {
    try {
      body.call(this);
    } catch (error) {
      this._fail(error);
    }
  }

  /** Reads and delivers until nothing is left, the caller pauses, or the request is finished. */
  private _pump(): void {
    if (this._pumping) return;
    this._pumping = true;
    try {
      while (!this._paused && this._stream) {
        if (this._body?.done) {
          this._finish();
          return;
        }
        if (this._from === this._to) {
          this._from = 0;
          this._to = this._stream.read(this.#buffer);
          if (this._to === 0) {
            if (this._streamEnded) this._ended();
            return;
          }
        }
        if (this._body) this._readBody(this._body);
        else this._readHead(this.#head!);
      }
    } finally {
      this._pumping = false;
    }
  }

  private _readHead(reader: HeadReader): void {
    this._from = reader.push(this.#buffer, this._from, this._to);
    const head = reader.head;
    if (!head) return;
    const { status } = head;
    if (status < 200) {
      if (status === 101) throw this._fault("unasked-upgrade", "switched protocols without being asked");
      if (++this._interim > maxInterimResponses) throw this._fault("interim-limit", "sent interim responses only");
      this.#head = new HeadReader("download", this._peer);
    } else if (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) {
      this._redirect(head, this.#url!, this.#options!);
    } else this._responded(head);
  }

  private _responded(head: ResponseHead): void {
    const { status, reason, headers } = head;
    if (isCompressed(headers.get("content-encoding") ?? ""))
      throw this._fault("bad-content-encoding", "sent a compressed body without being asked");
    this._body = new BodyReader(head, "download", this._peer);
    this.#head = undefined;
    this.#options = undefined;
    this.#url = undefined;
    this._headers = [];
    const range = headers.get("content-range") ?? "";
    this._listener.responded({
      status,
      reason,
      headers,
      length: this._body.length,
      contentRange: status === 206 ? contentRange(range) : undefined,
    });
  }

  private _readBody(body: BodyReader): void {
    const end = body.push(this.#buffer, this._from, this._to);
    this._from = end;
    if (body.taken > 0) this._listener.data(this.#buffer.subarray(end - body.taken, end));
  }

  private _redirect(head: ResponseHead, from: Url, options: HttpGetOptions): void {
    const location = head.headers.get("location");
    const to = location === undefined ? undefined : resolveUrl(from, location);
    if (to?.scheme !== "http" && to?.scheme !== "https") {
      throw this._fault("bad-redirect", `redirected (${head.status}) without a usable Location`);
    }
    if (from.scheme === "https" && to.scheme === "http") {
      throw this._fault("insecure-redirect", "redirected from https to http, which is never followed");
    }
    if (++this._redirects > maxRedirects)
      throw this._fault("redirect-limit", `redirected more than ${maxRedirects} times`);
    if (!sameOrigin(from, to)) this._headers = [];
    this._stream?.close();
    this._clearTimer();
    this._open(to, options);
  }

  /** The stream has ended and all its bytes were read. */
  private _ended(): void {
    if (this._streamFault) throw asFault(this._streamFault, "transport", "connection-lost");
    if (!this._body) throw this._fault("short-head", "closed the connection before it answered");
    const early = this._body.end();
    if (early) throw early;
    this._finish();
  }

  private _finish(): void {
    if (this._finished) return;
    this.close();
    try {
      this._listener.ended();
    } catch (error) {
      this._tellFailed(error);
    }
  }

  /** Something inside has thrown, or the listener has. */
  private _fail(error: unknown): void {
    if (this._finished) return;
    this.close();
    this._tellFailed(error);
  }

  private _tellFailed(error: unknown): void {
    try {
      this._listener.failed(asFault(error, "application", "callback-threw"));
    } catch {
      // The listener threw in its last call: there is nobody left to tell.
    }
  }

  private _restartTimer(): void {
    this._clearTimer();
    if (this._paused || this._finished || !this._connected) return;
    this._timer = this._timers.set(() => this._idle(), this._idleTimeoutMs);
  }

  private _idle(): void {
    this._fail(this._fault("idle-timeout", `sent nothing for ${this._idleTimeoutMs} ms`));
  }

  private _clearTimer(): void {
    this._timers.clear(this._timer);
    this._timer = undefined;
  }

  private _fault(code: string, what: string): Fault {
    return new Fault("download", code, `${this._peer} ${what}; check the server that holds the file.`);
  }
}
