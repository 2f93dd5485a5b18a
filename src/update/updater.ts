/*
 * Updater: runs an update from the offer to the restart. `_run` alone decides the order of the steps, top to bottom. Trial
 * does what follows the restart.
 *
 * It outlives connections: a download continues while there is no connection, and Report tells the server later.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { fieldsOf } from "../../modules/json/fields.js";
import type { SecureOptions } from "../../modules/platform/byte-stream.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Client } from "../client.js";
import type { DevicePusher } from "../connection/device-pusher.js";
import { ask, type Kind, type LastFailure, tell } from "../log/guarded.js";
import type { Log } from "../log/log.js";
import { Download, maxPartFailures } from "./download.js";
import { maxStoredUrlCharacters, type Offer, parseOffer, updateOf, withoutUrl } from "./offer.js";
import { askedDelay, isLasting, type Outcome, outcomeOf, reflashDelayMs, rescheduleDelay } from "./outcome.js";
import type { Protection } from "./protection.js";
import { type SourceRecord, sameFile, type UpdateRecords } from "./records.js";
import { Report, type StatusWords } from "./report.js";
import type { UpdateTarget } from "./target.js";
import { checkTransport } from "./transport.js";
import type { Trial } from "./trial.js";

/** Restarts that one remembered download URL may be used after; a presigned one lives 24 hours. */
export const maxSourceUses = 20;

/** Wait before the first status: the server sends `update` before it has written its record, and an instant status collides. */
const recordSettlesMs = 100;

/** Stands for the uuid of a bad offer: any text keeps the server's record until the terminal word is sent. */
const unknownUuid = "unknown";

/**
 * Slices of the verification, of 4 KB each, in one turn of the event loop: a turn costs a timer and a promise, on XS as
 * much CPU as hashing a slice.
 */
const slicesPerTurn = 8;

/** How long the application may take to decide: an operator sees "received" meanwhile. */
const decisionDeadlineMs = 60_000;

/** Reverts of one firmware after which it is refused, unless an operator pushes it by hand. */
const revertLimit = 2;

export interface UpdaterOptions {
  platform: Platform;
  log: Log;
  client: Client;
  pusher: DevicePusher;
  records: UpdateRecords;
  trial: Trial;
  /** Undefined for an application's target that does not write the platform's slots: it is responsible itself. */
  protection: Protection | undefined;
  target: UpdateTarget;
  secure: SecureOptions;
  /** Whether the hub is reached over TLS now. */
  tls(): boolean;
  statusWords: StatusWords;
  /** uuid of the running firmware. */
  uuid: string;
  /** Restarts the device in an orderly way, into the new image. */
  restart(): void;
}

const decisions: Kind<Outcome | "apply"> = Object.freeze({
  wanted: '"apply", "ignore" or {reschedule: milliseconds, reason?: text}',
  read: (value: unknown): Outcome | "apply" | undefined => {
    if (value === "apply") return value;
    if (value === "ignore") return { word: "ignored", reason: "The application refused the update." };
    const { reschedule, reason = "The application asked for a later time." } = fieldsOf(value);
    if (typeof reschedule !== "number" || !Number.isFinite(reschedule) || reschedule <= 0) return undefined;
    if (typeof reason !== "string") return undefined;
    return { word: "rescheduled", reason, delayMs: askedDelay(reschedule) };
  },
});

export class Updater {
  private readonly _options: UpdaterOptions;
  private readonly _report: Report;
  /** In a `#` field, since the offer's URL is a credential. */
  #offer: Offer | undefined;
  private _download: Download | undefined;
  private _failures = new Map<string, number>();
  /** Cancels the pending `updateAvailable`. */
  private _callOff: (() => void) | undefined;
  private _closed = false;
  /** Why no update can be taken, for health; undefined when nothing is known against it. */
  refused: string | undefined;

  constructor(options: UpdaterOptions) {
    this._options = options;
    const { pusher, log, statusWords, platform } = options;
    this._report = new Report(pusher, log.redactor, statusWords, platform.device.networkInterface);
  }

  /** The uuid in the join payload: the server keeps its record of this update, and sends no other update meanwhile. */
  get currentlyDownloading(): string | undefined {
    return this.#offer?.uuid ?? (this._report.inFlight ? this._lastUuid : undefined);
  }
  private _lastUuid: string | undefined;

  /** True from an accepted offer until the restart or the failure. */
  get busy(): boolean {
    return this.#offer !== undefined;
  }

  /** Resumes a download that a restart interrupted. The server still has its record. */
  start(): void {
    const { records, uuid, trial, protection } = this._options;
    const { source, progress } = records;
    if (source === undefined || trial.running) return;
    const stale =
      protection?.refusal !== undefined ||
      source.uuid === uuid ||
      source.uses >= maxSourceUses ||
      (progress !== undefined && !sameFile(source, progress));
    if (stale) {
      records.source = undefined;
      return;
    }
    records.source = { ...source, uses: source.uses + 1 };
    this._options.log.notice(`The update to ${source.version} was interrupted and goes on.`);
    this._report.resume();
    void this._run({ platform: "unknown", architecture: "unknown", description: undefined, ...source }, true);
  }

  online(): void {
    this._report.online();
  }

  /** The server's `update` message. */
  offered(payload: unknown): void {
    const { log } = this._options;
    let offer: Offer | undefined;
    try {
      offer = parseOffer(payload);
    } catch (error) {
      this._refuse(asFault(error, "offer", "bad-offer"));
      return;
    }
    if (offer === undefined) {
      log.info("The server says that there is no update.");
      return;
    }
    if (this.#offer === undefined) {
      void this._run(offer, false);
    } else if (sameFile(this.#offer, offer)) {
      log.info("The running update was offered again; its new URL is used from now on.");
      if (!this._report.inFlight) {
        this._report.recall();
        this._report.received();
      }
      this.#offer = offer;
      this._remember(offer);
      this._download?.renew(offer.url);
    } else if (offer.uuid === this.#offer.uuid) {
      log.info(`Another file of the running update to ${offer.version} is ignored.`);
    } else this._putOff(offer, this.#offer);
  }

  /**
   * The server has lost its record of the running update and has made one of this offer, by whose uuid it would take what is
   * reported from now on. So this one is put off, and the running one goes on without a word.
   */
  private _putOff(offer: Offer, running: Offer): void {
    const { log, platform } = this._options;
    const reason = `The device is updating to ${running.version}; this can follow.`;
    log.notice(`The update to ${offer.version} is put off: the one to ${running.version} is running.`);
    this._report.forget();
    platform.timers.set(() => {
      if (this._closed) return;
      this._report.putOff({ word: "rescheduled", reason, delayMs: rescheduleDelay(0) });
    }, recordSettlesMs);
  }

  close(): void {
    this._closed = true;
    this._callOff?.();
    this._download?.close();
  }

  /** Never rejects: a fault ends the update with the status word of its Outcome. */
  private async _run(offer: Offer, resumed: boolean): Promise<void> {
    const { log, target, trial, records, tls } = this._options;
    this.#offer = offer;
    try {
      if (!resumed) {
        await this._wait(recordSettlesMs);
        // "received" is sent before anything can fail: the server accepts a terminal word only after it.
        this._report.received();

        // Was this firmware reverted before? It is put off, then refused; an operator's own push is taken.
        const known = this._judgeReverts(offer);
        if (known !== undefined) {
          this._refuseWith(offer, known);
          return;
        }

        // Does it run already? Only a push by hand gets here; "ignored" then is an audit entry and no more.
        if (offer.uuid === this._options.uuid) {
          this._refuseWith(offer, { word: "ignored", reason: `Firmware ${offer.version} is running already.` });
          return;
        }

        // Would a bad update stay, on a device that was flashed by cable? It is put off until the device is flashed right.
        const unprotected = this._options.protection?.refusal;
        if (unprotected !== undefined) {
          this._refuseWith(offer, { word: "rescheduled", reason: unprotected, delayMs: reflashDelayMs });
          return;
        }

        // Does the application want it, and now?
        const decision = await this._ask(offer);
        if (this._closed) return;
        if (decision !== "apply") {
          this._refuseWith(offer, decision);
          return;
        }
      }

      this._requireStore();

      // Could somebody on the path replace the file? (Download asks again for each request: the URL may be renewed.)
      checkTransport(offer, tls());

      // Can the target take the update: a slot, room, a confirmed image? Nothing is lost yet. Where does the download begin?
      await target.begin(withoutUrl(offer));
      if (this._closed) return;
      const from = target.position;
      // A resumed update keeps its record, which counts the restarts.
      if (!resumed) this._remember(offer);
      log.notice(`Updating to ${offer.version}${from > 0 ? `, from byte ${from} on` : ""}.`);
      this._report.started();

      // Download the file. Kind, head, chip and product are checked before the first erase (ImageSink, Trust).
      await this._fetch(offer, undefined);

      // Verify the image in flash. A part that is damaged there is downloaded again, alone.
      this._report.updating();
      await this._verify(offer);

      // Activate: from here on a restart starts the new image. The store's records are written before.
      trial.prepare(offer.uuid, offer.version);
      records.source = undefined;
      await target.activate();
      if (this._closed) return;
      this._progress(100);
      this._report.completed();
      log.notice(`Firmware ${offer.version} is in place and verified; restarting into it.`);
      this._options.restart();
    } catch (error) {
      if (!this._closed) this._failed(offer, asFault(error, "download", "update-failed"));
    }
  }

  /** Without room in the store the image could not be activated in the end. @throws Fault of stage "store" */
  private _requireStore(): void {
    this.refused = undefined;
    try {
      this._options.records.requireRoom();
    } catch (error) {
      const { message } = asFault(error, "store", "store-failed");
      const text = `The store cannot take what an update needs, so none could be activated: ${message} If NVS is full, erase what is not needed in it.`;
      this.refused = text;
      throw new Fault("store", "store-failed", text, error);
    }
  }

  private _judgeReverts(offer: Offer): Outcome | undefined {
    const { trial } = this._options;
    const known = trial.revertsOf(offer.uuid);
    if (known === undefined || offer.manual) return undefined;
    const times = known.reverts === 1 ? "once" : `${known.reverts} times`;
    const reason = `The device went back from this firmware ${times}: ${known.reason}`;
    if (known.reverts >= revertLimit) return { word: "failed", reason };
    if (known.deferred >= known.reverts) return undefined;
    trial.defer(known);
    return { word: "rescheduled", reason, delayMs: rescheduleDelay(known.reverts) };
  }

  private _ask(offer: Offer): Promise<Outcome | "apply"> {
    const { client, log, platform } = this._options;
    return new Promise((resolve) => {
      this._callOff = ask({
        log,
        name: "updateAvailable",
        body: () => (client.updateAvailable === undefined ? "apply" : client.updateAvailable(updateOf(offer))),
        kind: decisions,
        deadline: { timers: platform.timers, ms: decisionDeadlineMs },
        done: resolve,
        failed: () =>
          resolve({
            word: "rescheduled",
            reason: "The application could not decide.",
            delayMs: rescheduleDelay(this._countFailure(offer)),
          }),
      });
    });
  }

  /** Stores the source, to resume after a restart without a new offer, which would cost one of three attempts. */
  private _remember(offer: Offer): void {
    const { url, uuid, checksum, size, parts, version, product, manual } = offer;
    if (url.length > maxStoredUrlCharacters) {
      this._options.records.source = undefined;
      this._options.log.warning(
        `The download URL has ${url.length} characters, too many to be remembered: after a restart the update waits for a new offer.`,
      );
      return;
    }
    const source: SourceRecord = { url, uuid, checksum, size, parts, version, product, manual, uses: 0 };
    try {
      this._options.records.source = source;
    } catch (error) {
      const { message } = asFault(error, "store", "store-failed");
      this._options.log.warning(`The update cannot go on by itself after a restart: ${message}`);
    }
  }

  private _fetch(offer: Offer, to: number | undefined): Promise<void> {
    const { platform, log, target, secure, tls } = this._options;
    return new Promise((resolve, reject) => {
      this._download = new Download({
        platform,
        log,
        // With the latest URL, if it was offered again meanwhile.
        offer: this.#offer ?? offer,
        target,
        secure,
        tls,
        to,
        offline: () => !this._report.connected,
        onProgress: (received, total) => {
          if (total !== undefined) this._progress((received * 100) / total);
        },
        onDone: resolve,
        onFault: reject,
      });
      this._download.start();
    });
  }

  private async _verify(offer: Offer): Promise<void> {
    const { target, log } = this._options;
    let doubted = false;
    for (let repairs = 0, slices = 0; ; ) {
      let result: ReturnType<UpdateTarget["verify"]>;
      try {
        result = target.verify();
      } catch (error) {
        // "failed" would block the device for a day, and the cause may be bytes of an earlier run, or one bit of flash that
        // no checksum of a part locates. So the whole file is downloaded once more.
        const fault = asFault(error, "image", "image-corrupt");
        // Of a file whose size nobody has said, the end may have been missing.
        if (offer.size === undefined && fault.code === "image-truncated")
          throw new Fault("download", "not-the-file", `The download ended too early: ${fault.message}`, fault);
        if (doubted || !isLasting(fault)) throw fault;
        doubted = true;
        log.warning(`${fault.message} Everything is downloaded once more.`);
        target.rewind(0, undefined);
        await this._fetch(offer, undefined);
        continue;
      }
      if (result === true) return;
      if (result === false) {
        slices++;
        if (slices % slicesPerTurn === 0) await this._wait(0);
        continue;
      }
      repairs++;
      if (repairs > maxPartFailures) {
        throw new Fault(
          "flash",
          "flash-worn",
          "A part of the image stays damaged in flash; the flash may be worn out.",
        );
      }
      log.warning(`The part at byte ${result.from} is damaged in flash and is downloaded again.`);
      target.rewind(result.from, result.to);
      await this._fetch(offer, target.position === result.from ? result.to : undefined);
    }
  }

  private _progress(percent: number): void {
    this._report.downloading(percent);
    const { client, log } = this._options;
    const whole = Math.min(100, Math.floor(percent));
    if (whole <= this._percent) return;
    this._percent = whole;
    tell(log, "progress", () => client.progress?.(whole), this._progressFailure);
  }
  private _percent = -1;
  private readonly _progressFailure: LastFailure = {};

  /** Counts a failure of this firmware. @returns its earlier failures in this run */
  private _countFailure({ uuid }: Offer): number {
    const failures = this._failures.get(uuid) ?? 0;
    this._failures.clear();
    this._failures.set(uuid, failures + 1);
    return failures;
  }

  /** Ends an offer that is not taken; nothing was erased. */
  private _refuseWith(offer: Offer, outcome: Outcome): void {
    this._options.log.notice(`The update to ${offer.version} is not taken (${outcome.word}): ${outcome.reason}`);
    this._end(offer, outcome);
  }

  /** Answers an `update` message that is no valid offer, since the server has a record of it. */
  private _refuse(fault: Fault): void {
    const { log, platform } = this._options;
    log.error(fault.message);
    platform.timers.set(() => {
      if (this.#offer !== undefined || this._closed) return;
      this._lastUuid = unknownUuid;
      this._report.received();
      this._report.ended(outcomeOf(fault, 0));
      this._tell(fault);
    }, recordSettlesMs);
  }

  private _failed(offer: Offer, fault: Fault): void {
    const outcome = outcomeOf(fault, this._countFailure(offer));
    this._options.log.error(`The update to ${offer.version} has ended (${outcome.word}): ${fault.message}`);
    this._abort(outcome.word === "rescheduled");
    this._end(offer, outcome);
    this._tell(fault);
  }

  private _abort(keep: boolean): void {
    try {
      this._options.target.abort(keep);
      this._options.records.source = undefined;
    } catch (error) {
      this._options.log.error(asFault(error, "application", "abort-failed").message);
    }
  }

  private _end(offer: Offer, outcome: Outcome): void {
    this._lastUuid = offer.uuid;
    this.#offer = undefined;
    this._download = undefined;
    this._percent = -1;
    this._report.ended(outcome);
    this._report.recall();
  }

  private _tell(fault: Fault): void {
    const { client, log } = this._options;
    tell(log, "error", () => client.error?.(fault));
  }

  private _wait(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this._options.platform.timers.set(() => {
        if (this._closed) reject(new Fault("download", "cancelled", "The link was closed."));
        else resolve();
      }, delayMs);
    });
  }
}
