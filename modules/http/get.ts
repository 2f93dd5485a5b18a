/*
 * HttpGet: one streaming download over a ByteStream (RFC 9110, RFC 9112).
 *
 * It follows redirects, takes bodies of every framing, and hands the bytes over in views of one buffer. It does not
 * judge the status, verify content or resume: that is the caller's, who knows what is being fetched. One connection per
 * request (`Connection: close`): a device fetches one file and then needs its memory back.
 *
 * The rules it guards: credentials stay with the origin they were given for, https never becomes http, and bytes are
 * read only while the caller takes them.
 */

import { asFault, Fault } from "../fault/fault.js";
import type { ByteStream, ByteStreamListener, Network, SecureOptions } from "../host/byte-stream.js";
import type { Timer, Timers } from "../host/timers.js";
import { maxInterimResponses, maxRedirects } from "../limits/limits.js";
import { encodeUtf8 } from "../text/utf8.js";
import { BodyReader } from "./body.js";
import { HeadReader, type ResponseHead } from "./head.js";
import { requestText } from "./request.js";
import { contentRange, type HttpResponse } from "./response.js";
import { parseUrl, publicText, resolveUrl, sameOrigin, type Url } from "./url.js";

export type { HttpResponse } from "./response.js";

/** Bytes of the one buffer a download is read through: a flash sector, and what the SDK's TLS hands out well. */
const bufferBytes = 4096;

export interface HttpGetOptions {
  network: Network;
  timers: Timers;
  url: string;
  /** Further request headers. They go to the origin of `url` only, not along a redirect to another one. */
  headers?: [name: string, value: string][];
  /** First byte wanted; sent as `Range` when this or `to` is given. */
  from?: number;
  /** Last byte wanted, inclusive; default: to the end. */
  to?: number;
  /** For https: `roots`, `serverName` (of the first host only), `handshakeTimeoutMs`. A client certificate is never shown. */
  secure?: SecureOptions;
  /** Bound on name resolution and connecting, and again on the TLS handshake, in milliseconds. */
  connectTimeoutMs: number;
  /** Bound on the time without a single received byte, in milliseconds; does not run while paused. */
  idleTimeoutMs: number;
  /** The final response, after redirects and interim ones. Any status: the caller decides. */
  onResponse(response: HttpResponse): void;
  /** Bytes of the body: a view of a buffer that is used again, valid during the call. */
  onData(bytes: Uint8Array): void;
  /** The body is complete. Final. */
  onEnd(): void;
  /** It failed. Final, instead of `onEnd`; or `onEnd` threw. */
  onFault(fault: Fault): void;
}

export class HttpGet implements ByteStreamListener {
  private _options: HttpGetOptions;
  private _buffer = new Uint8Array(bufferBytes);
  private _from = 0;
  private _to = 0;
  private _url: Url | undefined;
  private _headers: [string, string][];
  private _redirects = 0;
  private _interim = 0;
  private _stream: ByteStream | undefined;
  private _request: Uint8Array = new Uint8Array(0);
  private _connected = false;
  private _head: HeadReader | undefined;
  private _body: BodyReader | undefined;
  private _timer: Timer | undefined;
  private _paused = false;
  private _pumping = false;
  private _streamEnd: { fault: Error | undefined } | undefined;
  private _finished = false;

  /** Starts the request. No callback comes from inside the constructor. */
  constructor(options: HttpGetOptions) {
    this._options = options;
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
      this._open(url);
    } catch (error) {
      const fault = asFault(error, "download", "request-failed");
      this._timer = options.timers.set(() => this._guarded(() => this._fail(fault)), 0);
    }
  }

  /** Stops reading: soon the server cannot send any more. At most what was read already (one buffer) is held. */
  pause(): void {
    this._paused = true;
    this._clearTimer();
  }

  /** Reads on; callbacks may come from inside. */
  resume(): void {
    if (!this._paused || this._finished) return;
    this._paused = false;
    this._restartTimer();
    this._guarded(() => this._pump());
  }

  /** Ends the request at once. No callback comes afterwards. */
  close(): void {
    this._finished = true;
    this._clearTimer();
    this._stream?.close();
    this._stream = undefined;
  }

  private _open(url: Url): void {
    const { network, secure, connectTimeoutMs } = this._options;
    this._url = url;
    this._head = new HeadReader("download", publicText(url));
    this._body = undefined;
    this._streamEnd = undefined;
    this._from = this._to = 0;
    this._connected = false;
    this._request = encodeUtf8(requestText(url, this._requestHeaders()));
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

  opened(): void {
    this._guarded(() => this._send());
  }

  writable(): void {
    this._guarded(() => this._send());
  }

  readable(): void {
    this._guarded(() => this._onReadable());
  }

  closed(fault?: Error): void {
    this._guarded(() => this._onClose(fault));
  }

  private _requestHeaders(): [string, string][] {
    const { from, to } = this._options;
    const headers: [string, string][] = [["connection", "close"], ...this._headers];
    if (from !== undefined || to !== undefined) headers.push(["range", `bytes=${from ?? 0}-${to ?? ""}`]);
    return headers;
  }

  private _send(): void {
    this._connected = true;
    if (!this._stream || this._request.byteLength === 0) return;
    const taken = this._stream.write(this._request);
    this._request = this._request.subarray(taken);
    this._restartTimer();
  }

  private _onReadable(): void {
    this._restartTimer();
    this._pump();
  }

  private _onClose(fault: Error | undefined): void {
    this._streamEnd = { fault };
    this._pump();
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
          this._to = this._stream.read(this._buffer);
          if (this._to === 0) {
            if (this._streamEnd) this._ended(this._streamEnd.fault);
            return;
          }
        }
        if (this._body) this._readBody(this._body);
        else this._readHead(this._head!);
      }
    } finally {
      this._pumping = false;
    }
  }

  private _readHead(reader: HeadReader): void {
    this._from = reader.push(this._buffer, this._from, this._to);
    const head = reader.head;
    if (!head) return;
    const { status, reason, headers } = head;
    if (status < 200) {
      if (status === 101) throw this._fault("unasked-upgrade", "switched protocols without being asked");
      if (++this._interim > maxInterimResponses) throw this._fault("interim-limit", "sent interim responses only");
      this._head = new HeadReader("download", publicText(this._url!));
    } else if (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) {
      this._redirect(head);
    } else {
      const coding = headers.get("content-encoding") ?? "identity";
      if (coding !== "identity")
        throw this._fault("bad-content-encoding", "sent a compressed body without being asked");
      this._body = new BodyReader(head, "download", publicText(this._url!));
      this._head = undefined;
      this._options.onResponse({
        status,
        reason,
        headers,
        length: this._body.length,
        contentRange: status === 206 ? contentRange(headers.get("content-range")) : undefined,
      });
    }
  }

  private _readBody(body: BodyReader): void {
    const end = body.push(this._buffer, this._from, this._to);
    this._from = end;
    if (body.taken > 0) this._options.onData(this._buffer.subarray(end - body.taken, end));
  }

  private _redirect(head: ResponseHead): void {
    const from = this._url!;
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
    this._open(to);
  }

  /** The stream has ended and all its bytes were read. */
  private _ended(fault: Error | undefined): void {
    if (fault) throw asFault(fault, "transport", "connection-lost");
    if (!this._body) throw this._fault("short-head", "closed the connection before it answered");
    const early = this._body.end();
    if (early) throw early;
    this._finish();
  }

  private _finish(): void {
    if (this._finished) return;
    this.close();
    try {
      this._options.onEnd();
    } catch (error) {
      this._options.onFault(asFault(error, "application", "callback-threw"));
    }
  }

  private _fail(fault: Fault): void {
    if (this._finished) return;
    this.close();
    this._options.onFault(fault);
  }

  /** Every entry from the host: what is thrown inside, by the caller's callbacks too, ends in `onFault` and not in the host. */
  private _guarded(body: () => void): void {
    if (this._finished) return;
    try {
      body();
    } catch (error) {
      try {
        this._fail(asFault(error, "application", "callback-threw"));
      } catch {
        // onFault itself threw: there is nobody left to tell, and an exception in the host would restart the device.
      }
    }
  }

  private _restartTimer(): void {
    this._clearTimer();
    if (this._paused || this._finished || !this._connected) return;
    const { timers, idleTimeoutMs } = this._options;
    this._timer = timers.set(
      () =>
        this._guarded(() => {
          throw this._fault("idle-timeout", `sent nothing for ${idleTimeoutMs} ms`);
        }),
      idleTimeoutMs,
    );
  }

  private _clearTimer(): void {
    this._options.timers.clear(this._timer);
    this._timer = undefined;
  }

  private _fault(code: string, what: string): Fault {
    return new Fault("download", code, `${publicText(this._url!)} ${what}; check the server that holds the file.`);
  }
}
