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
import type { ByteStream, Network, SecureOptions } from "../host/byte-stream.js";
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

export class HttpGet {
  #options: HttpGetOptions;
  #buffer = new Uint8Array(bufferBytes);
  #from = 0;
  #to = 0;
  #url: Url | undefined;
  #headers: [string, string][];
  #redirects = 0;
  #interim = 0;
  #stream: ByteStream | undefined;
  #request: Uint8Array = new Uint8Array(0);
  #connected = false;
  #head: HeadReader | undefined;
  #body: BodyReader | undefined;
  #timer: Timer | undefined;
  #paused = false;
  #pumping = false;
  #streamEnd: { fault: Error | undefined } | undefined;
  #finished = false;

  /** Starts the request. No callback comes from inside the constructor. */
  constructor(options: HttpGetOptions) {
    this.#options = options;
    this.#headers = options.headers ?? [];
    try {
      const url = parseUrl(options.url);
      if (url?.scheme !== "http" && url?.scheme !== "https") {
        throw new Fault(
          "download",
          "bad-url",
          "The download URL is not a usable http or https URL; check what the server offers.",
        );
      }
      this.#open(url);
    } catch (error) {
      const fault = asFault(error, "download", "request-failed");
      this.#timer = options.timers.set(() => this.#guarded(() => this.#fail(fault)), 0);
    }
  }

  /** Stops reading: soon the server cannot send any more. At most what was read already (one buffer) is held. */
  pause(): void {
    this.#paused = true;
    this.#clearTimer();
  }

  /** Reads on; callbacks may come from inside. */
  resume(): void {
    if (!this.#paused || this.#finished) return;
    this.#paused = false;
    this.#restartTimer();
    this.#guarded(() => this.#pump());
  }

  /** Ends the request at once. No callback comes afterwards. */
  close(): void {
    this.#finished = true;
    this.#clearTimer();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #open(url: Url): void {
    const { network, secure, connectTimeoutMs } = this.#options;
    this.#url = url;
    this.#head = new HeadReader("download", publicText(url));
    this.#body = undefined;
    this.#streamEnd = undefined;
    this.#from = this.#to = 0;
    this.#connected = false;
    this.#request = encodeUtf8(requestText(url, this.#requestHeaders()));
    this.#stream = network.open({
      host: url.host,
      port: url.port,
      connectTimeoutMs,
      secure:
        url.scheme === "https"
          ? {
              roots: secure?.roots,
              serverName: this.#redirects === 0 ? secure?.serverName : undefined,
              handshakeTimeoutMs: secure?.handshakeTimeoutMs ?? connectTimeoutMs,
            }
          : undefined,
      onOpen: () => this.#guarded(() => this.#send()),
      onWritable: () => this.#guarded(() => this.#send()),
      onReadable: () => this.#guarded(() => this.#onReadable()),
      onClose: (fault) => this.#guarded(() => this.#onClose(fault)),
    });
  }

  #requestHeaders(): [string, string][] {
    const { from, to } = this.#options;
    const headers: [string, string][] = [["connection", "close"], ...this.#headers];
    if (from !== undefined || to !== undefined) headers.push(["range", `bytes=${from ?? 0}-${to ?? ""}`]);
    return headers;
  }

  #send(): void {
    this.#connected = true;
    if (!this.#stream || this.#request.byteLength === 0) return;
    const taken = this.#stream.write(this.#request);
    this.#request = this.#request.subarray(taken);
    this.#restartTimer();
  }

  #onReadable(): void {
    this.#restartTimer();
    this.#pump();
  }

  #onClose(fault: Error | undefined): void {
    this.#streamEnd = { fault };
    this.#pump();
  }

  /** Reads and delivers until nothing is left, the caller pauses, or the request is finished. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#paused && this.#stream) {
        if (this.#body?.done) {
          this.#finish();
          return;
        }
        if (this.#from === this.#to) {
          this.#from = 0;
          this.#to = this.#stream.read(this.#buffer);
          if (this.#to === 0) {
            if (this.#streamEnd) this.#ended(this.#streamEnd.fault);
            return;
          }
        }
        if (this.#body) this.#readBody(this.#body);
        else this.#readHead(this.#head!);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #readHead(reader: HeadReader): void {
    this.#from = reader.push(this.#buffer, this.#from, this.#to);
    const head = reader.head;
    if (!head) return;
    const { status, reason, headers } = head;
    if (status < 200) {
      if (status === 101) throw this.#fault("unasked-upgrade", "switched protocols without being asked");
      if (++this.#interim > maxInterimResponses) throw this.#fault("interim-limit", "sent interim responses only");
      this.#head = new HeadReader("download", publicText(this.#url!));
    } else if (status === 301 || status === 302 || status === 303 || status === 307 || status === 308) {
      this.#redirect(head);
    } else {
      const coding = headers.get("content-encoding") ?? "identity";
      if (coding !== "identity")
        throw this.#fault("bad-content-encoding", "sent a compressed body without being asked");
      this.#body = new BodyReader(head, "download", publicText(this.#url!));
      this.#head = undefined;
      this.#options.onResponse({
        status,
        reason,
        headers,
        length: this.#body.length,
        contentRange: status === 206 ? contentRange(headers.get("content-range")) : undefined,
      });
    }
  }

  #readBody(body: BodyReader): void {
    const end = body.push(this.#buffer, this.#from, this.#to);
    this.#from = end;
    if (body.taken > 0) this.#options.onData(this.#buffer.subarray(end - body.taken, end));
  }

  #redirect(head: ResponseHead): void {
    const from = this.#url!;
    const location = head.headers.get("location");
    const to = location === undefined ? undefined : resolveUrl(from, location);
    if (to?.scheme !== "http" && to?.scheme !== "https") {
      throw this.#fault("bad-redirect", `redirected (${head.status}) without a usable Location`);
    }
    if (from.scheme === "https" && to.scheme === "http") {
      throw this.#fault("insecure-redirect", "redirected from https to http, which is never followed");
    }
    if (++this.#redirects > maxRedirects)
      throw this.#fault("redirect-limit", `redirected more than ${maxRedirects} times`);
    if (!sameOrigin(from, to)) this.#headers = [];
    this.#stream?.close();
    this.#clearTimer();
    this.#open(to);
  }

  /** The stream has ended and all its bytes were read. */
  #ended(fault: Error | undefined): void {
    if (fault) throw asFault(fault, "transport", "connection-lost");
    if (!this.#body) throw this.#fault("short-head", "closed the connection before it answered");
    const early = this.#body.end();
    if (early) throw early;
    this.#finish();
  }

  #finish(): void {
    if (this.#finished) return;
    this.close();
    try {
      this.#options.onEnd();
    } catch (error) {
      this.#options.onFault(asFault(error, "application", "callback-threw"));
    }
  }

  #fail(fault: Fault): void {
    if (this.#finished) return;
    this.close();
    this.#options.onFault(fault);
  }

  /** Every entry from the host: what is thrown inside, by the caller's callbacks too, ends in `onFault` and not in the host. */
  #guarded(body: () => void): void {
    if (this.#finished) return;
    try {
      body();
    } catch (error) {
      try {
        this.#fail(asFault(error, "application", "callback-threw"));
      } catch {
        // onFault itself threw: there is nobody left to tell, and an exception in the host would restart the device.
      }
    }
  }

  #restartTimer(): void {
    this.#clearTimer();
    if (this.#paused || this.#finished || !this.#connected) return;
    const { timers, idleTimeoutMs } = this.#options;
    this.#timer = timers.set(
      () =>
        this.#guarded(() => {
          throw this.#fault("idle-timeout", `sent nothing for ${idleTimeoutMs} ms`);
        }),
      idleTimeoutMs,
    );
  }

  #clearTimer(): void {
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #fault(code: string, what: string): Fault {
    return new Fault("download", code, `${publicText(this.#url!)} ${what}; check the server that holds the file.`);
  }
}
