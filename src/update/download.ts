/*
 * Download: one file from its URL into a target, over as many requests as the link needs.
 *
 * The rules it guards: bytes are appended only where the server proves that they belong there (206 with the right
 * Content-Range, or 200 from the start); a file that changed under its URL never mixes with its older bytes; a bad part
 * is noticed where it ends and fetched again alone; and a dead end is left after a bounded number of tries.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { SecureOptions } from "../../modules/host/byte-stream.js";
import type { Host } from "../../modules/host/host.js";
import type { Timer } from "../../modules/host/timers.js";
import { HttpGet, type HttpResponse } from "../../modules/http/get.js";
import { maxPartFailures, maxStartOvers } from "../../modules/limits/limits.js";
import { randomFraction } from "../fraction.js";
import type { Log } from "../log.js";
import { retryAfterMs } from "../retry-after.js";
import type { Offer } from "./offer.js";
import { PartCheck } from "./part-check.js";
import { retryDelay, statusFault } from "./retry.js";
import type { UpdateTarget } from "./target.js";
import { checkTransport } from "./transport.js";

const connectTimeoutMs = 30000;
/** Longer than the longest stall of a store's first byte, shorter than an operator's patience. */
const idleTimeoutMs = 60000;

/** Failures that are counted at the most while the hub is away as well: some tries are left for when it is back. */
const failuresOffline = 3;

/** Bytes taken before the event loop runs again: at most one block is erased meanwhile. */
const sliceBytes = 16384;

export interface DownloadOptions {
  host: Host;
  log: Log;
  offer: Offer;
  target: UpdateTarget;
  secure: SecureOptions;
  /** Whether the hub is reached over TLS: asked for each request. */
  tls(): boolean;
  /** First byte to fetch, as the target said. */
  from: number;
  /** Where to stop; undefined: at the end of the file. */
  to: number | undefined;
  /** True while the hub cannot be reached either. Default: never. */
  offline?(): boolean;
  /** @param received bytes of the file up to which all have been taken */
  onProgress(received: number, total: number | undefined): void;
  onDone(): void;
  onFault(fault: Fault): void;
}

export class Download {
  readonly #options: DownloadOptions;
  #url: string;
  #position: number;
  #to: number | undefined;
  #end: number | undefined;
  #parts: PartCheck;
  #request: HttpGet | undefined;
  #timer: Timer | undefined;
  #validator: string | undefined;
  /** Failures since the last byte. */
  #failures = 0;
  /** A range that a server refused in a way that can mean "beyond the end". */
  #rangeRefused = false;
  #partFailures = 0;
  /** Times that everything was fetched from the first byte again. Bytes in between prove nothing: they are the same. */
  #startOvers = 0;
  #doubted = false;
  /** Bytes taken since the event loop ran. */
  #sliced = 0;
  #finished = false;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#url = options.offer.url;
    this.#position = options.from;
    this.#to = options.to;
    this.#end = options.to ?? options.offer.size;
    this.#parts = this.#newParts();
  }

  /** @throws Fault "plain-download" */
  start(): void {
    if (this.#position === this.#end) {
      this.#finish();
      return;
    }
    const { host, secure, offer, tls } = this.#options;
    checkTransport({ url: this.#url, checksum: offer.checksum }, tls());
    const from = this.#position;
    const ranged = from > 0 || this.#to !== undefined;
    this.#request = new HttpGet({
      network: host.network,
      timers: host.timers,
      url: this.#url,
      from: ranged ? from : undefined,
      to: this.#to === undefined ? undefined : this.#to - 1,
      secure,
      connectTimeoutMs,
      idleTimeoutMs,
      onResponse: (response) => this.#guard(() => this.#response(response, ranged)),
      onData: (bytes) => this.#guard(() => this.#data(bytes)),
      onEnd: () => this.#guard(() => this.#ended()),
      onFault: (fault) => this.#retry(fault, undefined),
    });
  }

  /** The server offers the same file under a fresh URL; the next request uses it, and is made at once if one is due. */
  renew(url: string): void {
    this.#url = url;
    this.#validator = undefined;
    // With a request open, the timer is that of a patch being worked off.
    if (this.#timer === undefined || this.#request !== undefined) return;
    this.#options.host.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
    this.#guard(() => this.start());
  }

  /** Ends it without a callback. */
  close(): void {
    this.#finished = true;
    this.#request?.close();
    this.#options.host.timers.clear(this.#timer);
  }

  #newParts(): PartCheck {
    const { host, offer } = this.#options;
    return new PartCheck(host.crypto, offer.parts, offer.size, this.#position);
  }

  #response(response: HttpResponse, ranged: boolean): void {
    const { status } = response;
    if (status === 416 || (ranged && status === 500)) {
      // Local storage answers 500 where others say 416 (transcript firmware-download-ranges).
      this.#refuseRange(status, response);
      return;
    }
    if (status !== 200 && status !== 206) {
      const fault = statusFault(status);
      if (fault.code === "server-busy") this.#retry(fault, this.#askedMs(response));
      else this.#fail(fault);
      return;
    }
    if (/^text\/html/i.test(response.headers.get("content-type") ?? "")) {
      const text = `The download URL answered with a web page; a proxy or a network's login page is in between.`;
      this.#retry(new Fault("download", "web-page", text), undefined);
      return;
    }
    const validator = response.headers.get("etag") ?? response.headers.get("last-modified");
    const changed = this.#validator !== undefined && validator !== undefined && validator !== this.#validator;
    if (status === 206 && (changed || !this.#fits(response))) {
      this.#validator = undefined;
      this.#startOver("The file under the download URL has changed or another range came");
      return;
    }
    this.#validator = validator;
    if (status === 200 && ranged) {
      this.#options.log.info("The download server ignores ranges; the download starts from the beginning.");
      this.#fromStart();
    }
    const total = status === 200 ? response.length : response.contentRange?.total;
    if (total !== undefined && this.#options.offer.size !== undefined && total !== this.#options.offer.size) {
      const text = `The file at the download URL has ${total} bytes where the server announced ${this.#options.offer.size}.`;
      this.#fail(new Fault("download", "size-mismatch", text));
      return;
    }
    if (this.#end === undefined) this.#end = total;
  }

  #fits({ contentRange }: HttpResponse): boolean {
    return contentRange !== undefined && contentRange.from === this.#position;
  }

  #askedMs({ headers }: HttpResponse): number | undefined {
    return retryAfterMs(headers.get("retry-after"), headers.get("date"));
  }

  #refuseRange(status: number, response: HttpResponse): void {
    if (this.#rangeRefused) {
      this.#rangeRefused = false;
      this.#startOver(`The download server refuses to continue (${status})`);
    } else {
      this.#rangeRefused = true;
      this.#retry(statusFault(500), this.#askedMs(response));
    }
  }

  #data(bytes: Uint8Array): void {
    this.#failures = 0;
    this.#rangeRefused = false;
    let at = 0;
    while (at < bytes.byteLength && !this.#finished) {
      // A server may answer a bounded range with the rest of the file.
      if (this.#position === this.#to) break;
      const wanted = (this.#to ?? Number.POSITIVE_INFINITY) - this.#position;
      const piece = bytes.subarray(at, at + Math.min(this.#parts.room, wanted, bytes.byteLength - at));
      const bad = this.#parts.update(piece);
      if (bad !== undefined) {
        this.#badPart(bad);
        return;
      }
      at += piece.byteLength;
      this.#position += piece.byteLength;
      this.#sliced += piece.byteLength;
      if (!this.#options.target.write(piece) || this.#sliced >= sliceBytes) {
        // A patch leaves work behind; and where the network is faster than flash, there is always more to read.
        this.#sliced = 0;
        this.#request?.pause();
        this.#drain(bytes.slice(at));
        return;
      }
    }
    this.#taken();
  }

  /** Everything that has come is in the target. */
  #taken(): void {
    this.#progress();
    if (this.#position !== this.#to || this.#finished) return;
    this.#stop();
    this.#finish();
  }

  /** Works a patch off in slices, with the event loop in between; or lets an application's writer come to its end. */
  #drain(rest: Uint8Array): void {
    this.#timer = this.#options.host.timers.set(() => {
      this.#timer = undefined;
      this.#guard(() => {
        const drained = this.#options.target.drain();
        if (drained === true) this.#drained(rest);
        else if (drained === false) this.#drain(rest);
        else
          drained.then(
            () => this.#guard(() => this.#drained(rest)),
            (error: unknown) => this.#guard(() => this.#failWith(error)),
          );
      });
    }, 0);
  }

  /** Reading goes on. The request was paused meanwhile, so that it can have come to no other end than `close`. */
  #drained(rest: Uint8Array): void {
    if (rest.byteLength > 0) this.#data(rest);
    else this.#taken();
    if (this.#timer === undefined) this.#request?.resume();
  }

  #ended(): void {
    this.#request = undefined;
    if (this.#end !== undefined && this.#position < this.#end) {
      const text = `The download server ended the file after ${this.#position} of ${this.#end} bytes.`;
      this.#retry(new Fault("download", "short-body", text), undefined);
      return;
    }
    this.#finish();
  }

  #badPart(from: number): void {
    this.#partFailures++;
    if (this.#partFailures > maxPartFailures) {
      const text = `A part of the file is damaged, also after ${maxPartFailures} more downloads; upload the firmware again.`;
      this.#fail(new Fault("download", "part-mismatch", text));
      return;
    }
    this.#options.log.warning(`The part at byte ${from} arrived damaged and is downloaded again.`);
    this.#stop();
    this.#rewind(from);
    this.#again(0);
  }

  /** What makes an image unusable ends the update for a day, and may be one damaged byte: it is fetched again once. */
  #doubt(fault: Fault): void {
    this.#doubted = true;
    this.#startOver(`${fault.message} It may have been damaged on its way`);
  }

  #startOver(why: string): void {
    this.#options.log.warning(`${why}; the download starts from the beginning.`);
    this.#stop();
    this.#fromStart();
    this.#again(0);
  }

  /** @throws Fault "no-progress" when this does not lead anywhere: what has come in between was thrown away each time */
  #fromStart(): void {
    this.#startOvers++;
    if (this.#startOvers > maxStartOvers) {
      const text = `The download had to start from the beginning ${maxStartOvers} times; check that the server that holds the file serves ranges.`;
      throw new Fault("download", "no-progress", text);
    }
    this.#to = undefined;
    this.#rewind(0);
  }

  #rewind(from: number): void {
    this.#position = this.#options.target.rewind(from, this.#to);
    // A target that had to go back further than asked wants everything again.
    if (this.#position < from) this.#to = undefined;
    this.#parts = this.#newParts();
    this.#end = this.#to ?? this.#options.offer.size;
  }

  #retry(fault: Fault, askedMs: number | undefined): void {
    if (this.#finished) return;
    this.#stop();
    const { host, log } = this.#options;
    // Without a network nothing is learned about the file: giving up would only cost an attempt, and there are three.
    if (this.#options.offline?.()) this.#failures = Math.min(this.#failures, failuresOffline);
    const delayMs = retryDelay(this.#failures, askedMs, randomFraction(host.random));
    this.#failures++;
    if (delayMs === undefined) {
      this.#fail(fault);
      return;
    }
    log.warning(`${fault.message} The download goes on in ${Math.ceil(delayMs / 1000)} s at byte ${this.#position}.`);
    this.#again(delayMs);
  }

  #again(delayMs: number): void {
    this.#timer = this.#options.host.timers.set(() => {
      this.#timer = undefined;
      this.#guard(() => this.start());
    }, delayMs);
  }

  /** Ends the running request; what it still had is not wanted. */
  #stop(): void {
    this.#request?.close();
    this.#request = undefined;
    this.#options.host.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #progress(): void {
    this.#options.onProgress(this.#position, this.#end);
  }

  #finish(): void {
    this.#finished = true;
    this.#options.onDone();
  }

  #fail(fault: Fault): void {
    if (this.#finished) return;
    this.#stop();
    this.#finished = true;
    this.#options.onFault(fault);
  }

  /** Whatever the target throws ends the download with its reason. */
  #guard(body: () => void): void {
    if (this.#finished) return;
    try {
      body();
    } catch (error) {
      this.#failWith(error);
    }
  }

  #failWith(error: unknown): void {
    const fault = asFault(error, "download", "download-failed");
    if (fault.stage === "image" && !this.#doubted) this.#guard(() => this.#doubt(fault));
    else this.#fail(fault);
  }
}
