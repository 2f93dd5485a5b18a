/*
 * Updater: an update from the offer to the restart. The order of its steps is `#run`, top to bottom; nothing else
 * decides it. What comes after the restart is Trial's.
 *
 * It outlives connections: a download goes on while the socket is away, and the report says the rest later.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { SecureOptions } from "../../modules/host/byte-stream.js";
import type { Host } from "../../modules/host/host.js";
import { maxPartFailures, maxSourceUses } from "../../modules/limits/limits.js";
import type { ChannelPort } from "../channel-handler.js";
import type { Client } from "../client.js";
import { ask, type Kind, type Said, tell } from "../guarded.js";
import type { Log } from "../log.js";
import { Download } from "./download.js";
import { type Offer, parseOffer } from "./offer.js";
import { askedDelay, isLasting, type Outcome, outcomeOf, reflashDelayMs, rescheduleDelay } from "./outcome.js";
import type { Protection } from "./protection.js";
import { type SourceRecord, sameFile, type UpdateRecords } from "./records.js";
import { Report, type StatusWords } from "./report.js";
import type { UpdateTarget } from "./target.js";
import { checkTransport } from "./transport.js";
import type { Trial } from "./trial.js";

/** The `update` frame leaves the server before its record is written; a status in the same instant collides with it. */
const recordSettlesMs = 100;

/** Of an offer that names none: any text keeps the server's record until its last word has been said. */
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
  host: Host;
  log: Log;
  client: Client;
  records: UpdateRecords;
  trial: Trial;
  /** Absent: the application's own writer answers for what becomes of an update. */
  protection: Protection | undefined;
  target: UpdateTarget;
  secure: SecureOptions;
  /** Whether the hub is reached over TLS now. */
  tls(): boolean;
  statusWords: StatusWords;
  /** Of the running firmware. */
  uuid: string;
  /** The new image is in place: say goodbye and restart. */
  restart(): void;
}

const decisions: Kind<Outcome | "apply"> = Object.freeze({
  wanted: '"apply", "ignore" or {reschedule: milliseconds, reason?: text}',
  read: (value: unknown): Outcome | "apply" | undefined => {
    if (value === "apply") return value;
    if (value === "ignore") return { word: "ignored", reason: "The application refused the update." };
    if (typeof value !== "object" || value === null) return undefined;
    const { reschedule, reason = "The application asked for a later time." } = value as Record<string, unknown>;
    if (typeof reschedule !== "number" || !Number.isFinite(reschedule) || reschedule <= 0) return undefined;
    if (typeof reason !== "string") return undefined;
    return { word: "rescheduled", reason, delayMs: askedDelay(reschedule) };
  },
});

export class Updater {
  readonly #options: UpdaterOptions;
  readonly #report: Report;
  #offer: Offer | undefined;
  #download: Download | undefined;
  #failures = new Map<string, number>();
  /** Calls off what the application has been asked. */
  #callOff: (() => void) | undefined;
  #closed = false;

  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#report = new Report(options.statusWords, options.host.device.networkInterface);
  }

  /** What the join says: the server keeps its record of this update, and sends no other meanwhile. */
  get currentlyDownloading(): string | undefined {
    return this.#offer?.uuid ?? (this.#report.inFlight ? this.#lastUuid : undefined);
  }
  #lastUuid: string | undefined;

  /** True from an accepted offer until the restart or the failure. */
  get busy(): boolean {
    return this.#offer !== undefined;
  }

  /** At the start of a run: goes on with a download that a restart interrupted. The server has its record still. */
  start(): void {
    const { records, uuid, trial, protection } = this.#options;
    const { source, progress } = records;
    if (source === undefined || trial.running) return;
    const stale =
      protection?.refusal !== undefined ||
      source.uuid === uuid ||
      source.uses >= maxSourceUses ||
      progress === undefined ||
      !sameFile(source, progress);
    if (stale) {
      records.source = undefined;
      return;
    }
    records.source = { ...source, uses: source.uses + 1 };
    this.#options.log.notice(`The update to ${source.version} was interrupted and goes on.`);
    this.#report.resume();
    void this.#run({ platform: "unknown", architecture: "unknown", description: undefined, ...source }, true);
  }

  online(port: ChannelPort): void {
    this.#report.online(port);
  }

  offline(): void {
    this.#report.offline();
  }

  /** The server's `update` message. */
  offered(payload: unknown): void {
    const { log } = this.#options;
    let offer: Offer | undefined;
    try {
      offer = parseOffer(payload);
    } catch (error) {
      this.#refuse(asFault(error, "offer", "bad-offer"));
      return;
    }
    if (offer === undefined) {
      log.info("The server says that there is no update.");
      return;
    }
    if (this.#offer === undefined) {
      void this.#run(offer, false);
    } else if (sameFile(this.#offer, offer)) {
      log.info("The running update was offered again; its new URL is used from now on.");
      this.#offer = offer;
      this.#remember(offer);
      this.#download?.renew(offer.url);
    } else {
      log.info(`An update to ${offer.version} is ignored: the one to ${this.#offer.version} is running.`);
    }
  }

  close(): void {
    this.#closed = true;
    this.#callOff?.();
    this.#download?.close();
  }

  /** Never rejects: whatever fails ends the update with the word that is due. */
  async #run(offer: Offer, resumed: boolean): Promise<void> {
    const { log, target, trial, records, tls } = this.#options;
    this.#offer = offer;
    try {
      if (!resumed) {
        await this.#wait(recordSettlesMs);
        // Said before anything can fail: a word that ends an update is only heard after this one.
        this.#report.received();

        // Is it known to be bad? Firmware that was reverted is put off, then refused; an operator's own push lands.
        const known = this.#judgeReverts(offer);
        if (known !== undefined) {
          this.#refuseWith(offer, known);
          return;
        }

        // Does it run already? Only a push by hand gets here; "ignored" then is an audit entry and no more.
        if (offer.uuid === this.#options.uuid) {
          this.#refuseWith(offer, { word: "ignored", reason: `Firmware ${offer.version} is running already.` });
          return;
        }

        // Would a bad one stay, on a device that somebody has at hand? It may be flashed right and joins again then.
        const unprotected = this.#options.protection?.refusal;
        if (unprotected !== undefined) {
          this.#refuseWith(offer, { word: "rescheduled", reason: unprotected, delayMs: reflashDelayMs });
          return;
        }

        // Does the application want it, and now?
        const decision = await this.#ask(offer);
        if (this.#closed) return;
        if (decision !== "apply") {
          this.#refuseWith(offer, decision);
          return;
        }
      }

      // Could somebody on the path replace the file? (Download asks again for each request: the URL may be renewed.)
      checkTransport(offer, tls());

      // Can it be taken: a slot, room, a confirmed image? Nothing is lost yet. Where does the download begin?
      const from = await target.begin(offer);
      if (this.#closed) return;
      // One that goes on keeps its record, which counts the restarts.
      if (!resumed) this.#remember(offer);
      log.notice(`Updating to ${offer.version}${from > 0 ? `, from byte ${from} on` : ""}.`);
      this.#report.started();

      // The bytes. Kind, head, chip and product are looked at before the first erase (ImageSink, Trust).
      await this.#fetch(offer, from, undefined);

      // Verified as it lies in flash. A part that is damaged there is downloaded again, alone.
      this.#report.updating();
      await this.#verify(offer);

      // From here on a restart starts the new image. Everything that the store must know is written before.
      trial.prepare(offer.uuid, offer.version);
      records.source = undefined;
      await target.activate();
      if (this.#closed) return;
      this.#progress(100);
      this.#report.completed();
      log.notice(`Firmware ${offer.version} is in place and verified; restarting into it.`);
      this.#options.restart();
    } catch (error) {
      if (!this.#closed) this.#failed(offer, asFault(error, "download", "update-failed"));
    }
  }

  #judgeReverts(offer: Offer): Outcome | undefined {
    const { trial } = this.#options;
    const known = trial.revertsOf(offer.uuid);
    if (known === undefined || offer.manual) return undefined;
    const times = known.reverts === 1 ? "once" : `${known.reverts} times`;
    const reason = `The device went back from this firmware ${times}: ${known.reason}`;
    if (known.reverts >= revertLimit) return { word: "failed", reason };
    if (known.deferred >= known.reverts) return undefined;
    trial.defer(known);
    return { word: "rescheduled", reason, delayMs: rescheduleDelay(known.reverts) };
  }

  #ask(offer: Offer): Promise<Outcome | "apply"> {
    const { client, log, host } = this.#options;
    return new Promise((resolve) => {
      this.#callOff = ask({
        log,
        name: "updateAvailable",
        body: () => (client.updateAvailable === undefined ? "apply" : client.updateAvailable(offer)),
        kind: decisions,
        deadline: { timers: host.timers, ms: decisionDeadlineMs },
        done: resolve,
        failed: () =>
          resolve({
            word: "rescheduled",
            reason: "The application could not decide.",
            delayMs: rescheduleDelay(this.#countFailure(offer)),
          }),
      });
    });
  }

  /** Everything that a restart needs to go on without a new offer, which would cost one of three attempts. */
  #remember(offer: Offer): void {
    const { url, uuid, checksum, size, parts, version, product, manual } = offer;
    const source: SourceRecord = { url, uuid, checksum, size, parts, version, product, manual, uses: 0 };
    try {
      this.#options.records.source = source;
    } catch (error) {
      const { message } = asFault(error, "store", "store-failed");
      this.#options.log.warning(`The update cannot go on by itself after a restart: ${message}`);
    }
  }

  #fetch(offer: Offer, from: number, to: number | undefined): Promise<void> {
    const { host, log, target, secure, tls } = this.#options;
    return new Promise((resolve, reject) => {
      this.#download = new Download({
        host,
        log,
        // With the latest URL, if it was offered again meanwhile.
        offer: this.#offer ?? offer,
        target,
        secure,
        tls,
        from,
        to,
        offline: () => !this.#report.connected,
        onProgress: (received, total) => {
          if (total !== undefined) this.#progress((received * 100) / total);
        },
        onDone: resolve,
        onFault: reject,
      });
      this.#download.start();
    });
  }

  async #verify(offer: Offer): Promise<void> {
    const { target, log } = this.#options;
    let doubted = false;
    for (let repairs = 0, slices = 0; ; ) {
      let result: ReturnType<UpdateTarget["verify"]>;
      try {
        result = target.verify();
      } catch (error) {
        // The word for this blocks the device for a day, and what is wrong may be what an earlier run left in the slot,
        // or one bit of flash where no part can be told from another: one whole download decides.
        const fault = asFault(error, "image", "image-corrupt");
        if (doubted || !isLasting(fault)) throw fault;
        doubted = true;
        log.warning(`${fault.message} Everything is downloaded once more.`);
        await this.#fetch(offer, target.rewind(0, undefined), undefined);
        continue;
      }
      if (result === true) return;
      if (result === false) {
        slices++;
        if (slices % slicesPerTurn === 0) await this.#wait(0);
        continue;
      }
      repairs++;
      if (repairs > maxPartFailures) {
        throw new Fault(
          "flash",
          "part-mismatch",
          "A part of the image stays damaged in flash; the flash may be worn out.",
        );
      }
      log.warning(`The part at byte ${result.from} is damaged in flash and is downloaded again.`);
      const from = target.rewind(result.from, result.to);
      await this.#fetch(offer, from, from === result.from ? result.to : undefined);
    }
  }

  #progress(percent: number): void {
    this.#report.downloading(percent);
    const { client, log } = this.#options;
    const whole = Math.min(100, Math.floor(percent));
    if (whole <= this.#percent) return;
    this.#percent = whole;
    tell(log, "progress", () => client.progress?.(whole), this.#progressSaid);
  }
  #percent = -1;
  readonly #progressSaid: Said = {};

  /** @returns how often this firmware has failed before */
  #countFailure({ uuid }: Offer): number {
    const failures = this.#failures.get(uuid) ?? 0;
    this.#failures.clear();
    this.#failures.set(uuid, failures + 1);
    return failures;
  }

  /** An offer that is not taken: one word, nothing erased. */
  #refuseWith(offer: Offer, outcome: Outcome): void {
    this.#options.log.notice(`The update to ${offer.version} is not taken (${outcome.word}): ${outcome.reason}`);
    this.#end(offer, outcome);
  }

  /** A message that is no offer: the server is told, since its record of it exists. */
  #refuse(fault: Fault): void {
    const { log, host } = this.#options;
    log.error(fault.message);
    host.timers.set(() => {
      if (this.#offer !== undefined || this.#closed) return;
      this.#lastUuid = unknownUuid;
      this.#report.received();
      this.#report.ended(outcomeOf(fault, 0));
      this.#tell(fault);
    }, recordSettlesMs);
  }

  #failed(offer: Offer, fault: Fault): void {
    const outcome = outcomeOf(fault, this.#countFailure(offer));
    this.#options.log.error(`The update to ${offer.version} has ended (${outcome.word}): ${fault.message}`);
    this.#abort(outcome.word === "rescheduled");
    this.#end(offer, outcome);
    this.#tell(fault);
  }

  #abort(keep: boolean): void {
    try {
      this.#options.target.abort(keep);
      this.#options.records.source = undefined;
    } catch (error) {
      this.#options.log.error(asFault(error, "application", "abort-failed").message);
    }
  }

  #end(offer: Offer, outcome: Outcome): void {
    this.#lastUuid = offer.uuid;
    this.#offer = undefined;
    this.#download = undefined;
    this.#percent = -1;
    this.#report.ended(outcome);
  }

  #tell(fault: Fault): void {
    const { client, log } = this.#options;
    tell(log, "error", () => client.error?.(fault));
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#options.host.timers.set(() => {
        if (this.#closed) reject(new Fault("download", "cancelled", "The link was closed."));
        else resolve();
      }, delayMs);
    });
  }
}
