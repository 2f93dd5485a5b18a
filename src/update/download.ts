/*
 * Download: fetches one file from its URL into a target, with as many requests as the network requires.
 *
 * The rules it guards: bytes are appended only where the server's answer says that they belong (206 with the right
 * Content-Range, or 200 from the start); bytes of a file that changed under its URL are never mixed with older ones; a damaged
 * part is noticed at its end and fetched again alone; an answer that is not the file (a login page, an error with 200) is
 * tried again and costs nothing that was downloaded; a download that gets nowhere ends after a bounded number of tries.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { HttpGet, type HttpListener, type HttpResponse } from "../../modules/http/get.js";
import type { SecureOptions } from "../../modules/platform/byte-stream.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Timer } from "../../modules/platform/timers.js";
import { randomFraction } from "../connection/backoff.js";
import { retryAfterMs } from "../connection/retry-after.js";
import type { Log } from "../log/log.js";
import { type Offer, partSize } from "./offer.js";
import { isFinal, isUnlike, PutOff } from "./outcome.js";
import { PartCheck, untilPartEnds } from "./part-check.js";
import { maxDownloadWaitMs, patienceMs, retryDelay, statusFault } from "./retry.js";
import type { UpdateTarget } from "./target.js";
import { checkTransport } from "./transport.js";
import { changed, type Validators, validatorsOf } from "./validators.js";

/** Times that damaged parts of one download are fetched again: three, as the Linux agent does. */
export const maxPartFailures = 3;
/** Times that a download may start over: from a server without ranges, over a network that breaks, it would never end. */
export const maxStartOvers = 5;

const connectTimeoutMs = 30000;
/** Longer than the slowest file store takes for its first byte, shorter than an operator's patience. */
const idleTimeoutMs = 60000;

/** Most failures that count while the hub cannot be reached either: some tries remain for the time after that. */
const failuresOffline = 3;

/** Bytes taken before the event loop runs again: at most one block is erased meanwhile. */
const sliceBytes = 16384;

export interface DownloadOptions {
  platform: Platform;
  log: Log;
  offer: Offer;
  target: UpdateTarget;
  secure: SecureOptions;
  /** Whether the hub is reached over TLS: asked for each request. */
  tls(): boolean;
  /** Offset in the file at which the download ends; undefined: the end of the file. */
  to: number | undefined;
  /** True while the hub cannot be reached either. Default: never. */
  offline?(): boolean;
  /** @param received the target's position in the file @param total offset at which the download ends, if known */
  onProgress(received: number, total: number | undefined): void;
  onDone(): void;
  onFault(fault: Fault): void;
}

export class Download implements HttpListener {
  /** In a `#` field, since the offer's URL is a credential. */
  readonly #options: DownloadOptions;
  /** The URL of the next request: presigned, so a credential. */
  #url: string;
  private _to: number | undefined;
  private _end: number | undefined;
  private _parts: PartCheck;
  private _request: HttpGet | undefined;
  /** Whether `_request` asked for a range. */
  private _ranged = false;
  private _timer: Timer | undefined;
  private _validators: Validators | undefined;
  /** Whether a server that ignores ranges has answered: the download starts over when its bytes are those of the file. */
  private _fromZero = false;
  /** Failures since the last byte. */
  private _failures = 0;
  /** Whether a range was refused since the last byte: by 416, or by 500, which can mean "beyond the end" as well. */
  private _rangeRefused = false;
  private _partFailures = 0;
  /** Times that the download started over. Bytes that arrive do not reset it: they are the same bytes each time. */
  private _startOvers = 0;
  /** Whether the file was already fetched again because of a fault of the image. */
  private _doubted = false;
  /** What does not look like the file, and how far it was compared with the first part's checksum. */
  private _suspected: { readonly fault: Fault; readonly position: number } | undefined;
  /** Bytes taken since the event loop ran. */
  private _sliced = 0;
  private _finished = false;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#url = options.offer.url;
    this._to = options.to;
    this._end = options.to ?? options.offer.size;
    this._parts = this._newParts();
  }

  /** @throws Fault of stage "offer": "plain-download" */
  start(): void {
    if (this.#options.target.position === this._end) {
      this._finish();
      return;
    }
    const { platform, secure, offer, tls } = this.#options;
    checkTransport({ url: this.#url, checksum: offer.checksum }, tls());
    const from = this.#options.target.position;
    const ranged = from > 0 || this._to !== undefined;
    this._ranged = ranged;
    this._request = new HttpGet(
      {
        network: platform.network,
        timers: platform.timers,
        url: this.#url,
        from: ranged ? from : undefined,
        to: this._to === undefined ? undefined : this._to - 1,
        secure,
        connectTimeoutMs,
        idleTimeoutMs,
      },
      this,
    );
  }

  /** The server has answered (HttpListener, as the three that follow). */
  responded(response: HttpResponse): void {
    this._guard(() => this._response(response, this._ranged));
  }

  data(bytes: Uint8Array): void {
    this._guard(() => this._data(bytes));
  }

  ended(): void {
    this._guard(() => this._ended());
  }

  failed(fault: Fault): void {
    this._retry(fault, undefined);
  }

  /** The server offers the same file under a new URL. The next request uses it; a request that waits for a retry is made now. */
  renew(url: string): void {
    this.#url = url;
    this._validators = undefined;
    // While a request is open, the timer belongs to `_drain`.
    if (this._timer === undefined || this._request !== undefined) return;
    this.#options.platform.timers.clear(this._timer);
    this._timer = undefined;
    this._failures = 0;
    this._guard(() => this.start());
  }

  /** Ends it without a callback. */
  close(): void {
    this._finished = true;
    this._request?.close();
    this.#options.platform.timers.clear(this._timer);
  }

  private _newParts(): PartCheck {
    const { platform, offer, target } = this.#options;
    return new PartCheck(platform.crypto, offer.parts, offer.size, target.position);
  }

  private _response(response: HttpResponse, ranged: boolean): void {
    const { status } = response;
    if (status === 416 || (ranged && status === 500)) {
      // NervesHub's local storage answers 500 where other servers answer 416 (transcript firmware-download-ranges).
      this._refuseRange(status, response);
      return;
    }
    if (status !== 200 && status !== 203 && status !== 206) {
      const fault = statusFault(status);
      // 204 and its kin are no file, and no word of the storage's either.
      if (fault.code === "server-busy" || status < 300) this._retry(fault, this._askedMs(response));
      else this._fail(fault);
      return;
    }
    if (response.headers.get("content-type")?.toLowerCase().startsWith("text/html")) {
      const text = `The download URL answered with a web page; a proxy or a network's login page is in between.`;
      this._retry(new Fault("download", "web-page", text), undefined);
      return;
    }
    const total = status === 206 ? response.contentRange?.total : response.length;
    const { size, checksum } = this.#options.offer;
    if (total !== undefined && size !== undefined && total !== size) {
      const text = `Something of ${total} bytes answered at the download URL where the server announced ${size}; a proxy or a network's login page may be in between.`;
      this._retry(new Fault("download", "size-mismatch", text), undefined);
      return;
    }
    // Size and checksums find a mix of two files, whatever the nodes of a CDN call theirs.
    const validators = checksum === undefined ? validatorsOf(response.headers) : undefined;
    const other = changed(this._validators, validators);
    if (status === 206 && (other || !this._fits(response))) {
      this._validators = undefined;
      this._startOver("The file under the download URL has changed or another range came");
      return;
    }
    this._validators = validators;
    this._fromZero = status !== 206 && ranged;
    if (this._end === undefined) this._end = total;
  }

  private _fits({ contentRange }: HttpResponse): boolean {
    return contentRange !== undefined && contentRange.from === this.#options.target.position;
  }

  private _askedMs({ headers }: HttpResponse): number | undefined {
    return retryAfterMs(headers, this.#options.platform.clock.now(), maxDownloadWaitMs);
  }

  private _refuseRange(status: number, response: HttpResponse): void {
    if (this._rangeRefused) {
      this._rangeRefused = false;
      this._startOver(`The download server refuses to continue (${status})`);
    } else {
      this._rangeRefused = true;
      this._retry(statusFault(500), this._askedMs(response));
    }
  }

  private _data(bytes: Uint8Array): void {
    if (this._suspected !== undefined) {
      this._judge(bytes);
      return;
    }
    this._failures = 0;
    this._rangeRefused = false;
    const { target, log } = this.#options;
    if (this._fromZero && bytes.byteLength > 0) {
      // What cannot be the file's beginning may not cost what was downloaded.
      target.begins?.(bytes);
      this._fromZero = false;
      log.info("The download server ignores ranges; the download starts from the beginning.");
      this._fromStart();
    }
    let at = 0;
    while (at < bytes.byteLength && !this._finished) {
      const { position } = target;
      // A server may answer a bounded range with the rest of the file.
      if (position === this._to) break;
      const rest = (this._to ?? Number.POSITIVE_INFINITY) - position;
      const piece = bytes.subarray(at, at + Math.min(untilPartEnds(position), rest, bytes.byteLength - at));
      const bad = this._parts.update(piece, position);
      if (bad !== undefined) {
        this._badPart(bad);
        return;
      }
      at += piece.byteLength;
      this._sliced += piece.byteLength;
      this._requireRoom(position + piece.byteLength);
      let taken: boolean;
      try {
        taken = target.write(piece);
      } catch (error) {
        if (!this._suspects(error, position + piece.byteLength)) throw error;
        this._judge(bytes.subarray(at));
        return;
      }
      if (!taken || this._sliced >= sliceBytes) {
        // The event loop must run: a patch may need more slices, and a network faster than flash always has more to read.
        this._sliced = 0;
        this._request?.pause();
        this._drain(bytes.slice(at));
        return;
      }
    }
    this._taken();
  }

  /**
   * What does not look like the file may be what was promised all the same: its first part tells. So it is read on and compared,
   * and not written.
   */
  private _suspects(error: unknown, position: number): boolean {
    const fault = asFault(error, "download", "download-failed");
    const { parts } = this.#options.offer;
    if (!isUnlike(fault) || parts.length === 0 || position > partSize) return false;
    this._suspected = { fault, position };
    if (position === partSize || position === this.#options.offer.size) this._fail(fault);
    return true;
  }

  private _judge(bytes: Uint8Array): void {
    if (this._suspected === undefined || this._finished || bytes.byteLength === 0) return;
    const { fault, position } = this._suspected;
    const piece = bytes.subarray(0, untilPartEnds(position));
    const bad = this._parts.update(piece, position);
    const end = position + piece.byteLength;
    this._suspected = { fault, position: end };
    if (end !== partSize && end !== this.#options.offer.size) return;
    if (bad === undefined) this._fail(fault);
    else this._notTheFile(fault);
  }

  /** @throws Fault of stage "download": "size-mismatch" when `position` is beyond the end of the file */
  private _requireRoom(position: number): void {
    const { size } = this.#options.offer;
    if (size === undefined || position <= size) return;
    const text = `The download is longer than the ${size} bytes that the server announced; a proxy may be in between.`;
    throw new Fault("download", "size-mismatch", text);
  }

  /** All received bytes are in the target. */
  private _taken(): void {
    this._progress();
    if (this.#options.target.position !== this._to || this._finished) return;
    this._stop();
    this._finish();
  }

  /** Drains the target in slices, with the event loop in between, or awaits an application's writer. */
  private _drain(rest: Uint8Array): void {
    this._timer = this.#options.platform.timers.set(() => {
      this._timer = undefined;
      this._guard(() => {
        const drained = this.#options.target.drain();
        if (drained === true) this._drained(rest);
        else if (drained === false) this._drain(rest);
        else
          drained.then(
            () => this._guard(() => this._drained(rest)),
            (error: unknown) => this._guard(() => this._failWith(error)),
          );
      });
    }, 0);
  }

  /** Reading goes on. The request was paused, so only `close` can have ended it meanwhile. */
  private _drained(rest: Uint8Array): void {
    if (rest.byteLength > 0) this._data(rest);
    else this._taken();
    if (this._timer === undefined) this._request?.resume();
  }

  private _ended(): void {
    this._request = undefined;
    if (this._suspected !== undefined) {
      this._notTheFile(this._suspected.fault);
      return;
    }
    const { position } = this.#options.target;
    if (this._end !== undefined && position < this._end) {
      const text = `The download server ended the file after ${position} of ${this._end} bytes.`;
      this._retry(new Fault("download", "short-body", text), undefined);
      return;
    }
    if (position === 0 || this._fromZero) {
      this._retry(new Fault("download", "empty-body", "The download URL answered with an empty file."), undefined);
      return;
    }
    this._finish();
  }

  private _badPart(from: number): void {
    this._partFailures++;
    if (this._partFailures > maxPartFailures) {
      const text = `A part of the file is damaged, also after ${maxPartFailures} more downloads; upload the firmware again.`;
      this._fail(new Fault("download", "part-mismatch", text));
      return;
    }
    this.#options.log.warning(`The part at byte ${from} arrived damaged and is downloaded again.`);
    this._stop();
    this._rewind(from);
    this._again(0);
  }

  /**
   * What came is not the file, or was damaged on its way: it is fetched from the start, after a wait that grows. "failed" would
   * block updates for a day, for the page of a proxy.
   */
  private _notTheFile(fault: Fault): void {
    this._stop();
    this._startOvers++;
    const { platform, log } = this.#options;
    const delayMs = retryDelay(this._startOvers - 1, undefined, randomFraction(platform.random));
    if (this._startOvers > maxStartOvers || delayMs === undefined) {
      const text = `What answers at the download URL is not the file, or damages it: ${fault.message}`;
      this._fail(new Fault("download", "not-the-file", text, fault));
      return;
    }
    log.warning(
      `${fault.message} What answers may not be the file; it is asked again in ${Math.ceil(delayMs / 1000)} s.`,
    );
    // An answer that was to start over has changed nothing yet.
    if (this._fromZero) this._fromZero = false;
    else this._rewindAll();
    this._again(delayMs);
  }

  /** Fetches the file once more: a fault of the image blocks updates for a day, and one damaged byte may be its cause. */
  private _doubt(fault: Fault): void {
    this._doubted = true;
    this._startOver(`${fault.message} It may have been damaged on its way`);
  }

  private _startOver(why: string): void {
    this.#options.log.warning(`${why}; the download starts from the beginning.`);
    this._stop();
    this._fromStart();
    this._again(0);
  }

  /** Starts over. @throws Fault of stage "download": "no-progress" after `maxStartOvers` times */
  private _fromStart(): void {
    this._startOvers++;
    if (this._startOvers > maxStartOvers) {
      const text = `The download had to start from the beginning ${maxStartOvers} times; check that the server that holds the file serves ranges.`;
      throw new Fault("download", "no-progress", text);
    }
    this._rewindAll();
  }

  private _rewindAll(): void {
    this._to = undefined;
    this._rewind(0);
  }

  private _rewind(from: number): void {
    const { target } = this.#options;
    target.rewind(from, this._to);
    // A target that went back further than asked needs the whole rest of the file.
    if (target.position < from) this._to = undefined;
    this._parts = this._newParts();
    this._end = this._to ?? this.#options.offer.size;
  }

  private _retry(fault: Fault, askedMs: number | undefined): void {
    if (this._finished) return;
    this._stop();
    this._fromZero = false;
    const { platform, log } = this.#options;
    if (askedMs !== undefined && askedMs > patienceMs) {
      this._fail(new PutOff(askedMs, `${fault.message} It asked for ${Math.ceil(askedMs / 1000)} s.`));
      return;
    }
    // A failure without a network says nothing about the file: giving up would cost one of the server's three attempts.
    if (this.#options.offline?.()) this._failures = Math.min(this._failures, failuresOffline);
    const delayMs = retryDelay(this._failures, askedMs, randomFraction(platform.random));
    this._failures++;
    if (delayMs === undefined) {
      this._fail(fault);
      return;
    }
    log.warning(
      `${fault.message} The download goes on in ${Math.ceil(delayMs / 1000)} s at byte ${this.#options.target.position}.`,
    );
    this._again(delayMs);
  }

  private _again(delayMs: number): void {
    this._timer = this.#options.platform.timers.set(() => {
      this._timer = undefined;
      this._guard(() => this.start());
    }, delayMs);
  }

  /** Ends the running request and the timer. */
  private _stop(): void {
    this._request?.close();
    this._request = undefined;
    this._suspected = undefined;
    this.#options.platform.timers.clear(this._timer);
    this._timer = undefined;
  }

  private _progress(): void {
    this.#options.onProgress(this.#options.target.position, this._end);
  }

  private _finish(): void {
    this._finished = true;
    this.#options.onDone();
  }

  private _fail(fault: Fault): void {
    if (this._finished) return;
    this._stop();
    this._finished = true;
    this.#options.onFault(fault);
  }

  /** What the target throws ends the download with that fault. */
  private _guard(body: () => void): void {
    if (this._finished) return;
    try {
      body();
    } catch (error) {
      this._failWith(error);
    }
  }

  private _failWith(error: unknown): void {
    const fault = asFault(error, "download", "download-failed");
    if (isUnlike(fault)) this._guard(() => this._notTheFile(fault));
    else if (fault.stage === "image" && !isFinal(fault) && !this._doubted) this._guard(() => this._doubt(fault));
    else this._fail(fault);
  }
}
