/*
 * Archives: downloads archives from the server's offer into the application's writer, one at a time, by the same Download as
 * updates.
 *
 * The rules it guards: an update has precedence: an archive waits for it and stops in favour of it. An archive that the
 * application has taken is not downloaded again, although the server offers it after every join.
 */

import { asFault, type Fault } from "../../../modules/fault/fault.js";
import { settle } from "../../../modules/fault/settle.js";
import type { Timer } from "../../../modules/platform/timers.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import type { Core, Feature } from "../../feature.js";
import { type Kind, take } from "../../log/guarded.js";
import { requireFunctions } from "../../option-checks.js";
import { fromServer } from "../../protocol.js";
import { Download } from "../../update/download.js";
import { type Offer, type OfferedFile, withoutUrl } from "../../update/offer.js";
import { PutOff, rescheduleDelay } from "../../update/outcome.js";
import { checkTransport } from "../../update/transport.js";
import { WriterTarget } from "../firmware-writer/writer-target.js";
import type { Archive } from "./archive.js";
import { type ArchiveOffer, parseArchiveOffer } from "./archive-offer.js";
import type { ArchiveWriter } from "./archive-writer.js";

export interface ArchivesOptions {
  /** Takes the archives. */
  writer: ArchiveWriter;
  /**
   * Decides about an archive that this device does not have yet: "download" downloads it into the writer, every other value
   * ignores it. Default: "download".
   */
  available?(archive: Archive): "download" | "ignore";
}

const storeKey = "archive-uuid";
/** Times that the download of one archive is tried, over hours; then it waits for the next offer, after the next join. */
const maxAttempts = 8;
/** Interval at which a waiting archive checks whether the update has ended. */
const waitMs = 30_000;

const decisions: Kind<"download" | "ignore"> = Object.freeze({
  wanted: '"download" or "ignore"',
  read: (value: unknown) => (value === "download" || value === "ignore" ? value : undefined),
});

/** The download of one archive. */
interface Run {
  /** The writer's `finish` was called: it is too late for `abort`. */
  finishing: boolean;
}

export class Archives implements Feature {
  private readonly _options: ArchivesOptions;
  private readonly _target: WriterTarget;
  private _core: Core | undefined;
  /** In a `#` field, since the offer's URL is a credential. */
  #offer: ArchiveOffer | undefined;
  private _run: Run | undefined;
  private _download: Download | undefined;
  private _timer: Timer | undefined;
  /** Failed downloads of the archive that is offered. */
  private _failures = 0;
  private _closed = false;

  constructor(options: ArchivesOptions) {
    this._options = options;
    this._target = new WriterTarget(options.writer, "archives.writer", (file) =>
      options.writer.begin(archiveOf(file as OfferedFile & Archive)),
    );
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    requireFunctions("archives", this._options, [], ["available"]);
    requireFunctions("archives.writer", this._options.writer, ["begin", "write", "finish", "abort"]);
    this._core = core;
    this._target.install(core);
  }

  message(event: string, payload: unknown): boolean {
    if (event !== fromServer.archive) return false;
    this._offered(payload);
    return true;
  }

  /** uuid of the archive that the application took last. */
  get taken(): string | undefined {
    const bytes = this._core!.platform.store.get(storeKey);
    return bytes === undefined ? undefined : decodeUtf8(bytes);
  }

  private _offered(payload: unknown): void {
    const { log } = this._core!;
    const offer = parseArchiveOffer(payload);
    if (offer === undefined) {
      log.warning("The server offered an archive that is not complete; upload it again.");
      return;
    }
    if (this.#offer?.uuid === offer.uuid) {
      this.#offer = offer;
      this._download?.renew(offer.url);
      // It waits for another try, which the new URL may make unnecessary to wait for.
      if (this._run === undefined) this._start();
      return;
    }
    if (this.taken === offer.uuid) return;
    const options = this._options;
    const ask = (): unknown => (options.available === undefined ? "download" : options.available(archiveOf(offer)));
    if (take(log, "archives.available", ask, decisions) !== "download" || this._closed) return;
    this._giveUp();
    this.#offer = offer;
    this._failures = 0;
    this._start();
  }

  /** An update is offered: stops the archive, which starts anew when the update has ended without a restart. */
  updating(): void {
    if (this._run === undefined || this._run.finishing) return;
    this._core!.log.info("The archive waits for the update.");
    this._giveUp();
    this._wait();
  }

  close(): void {
    this._closed = true;
    this._core!.platform.timers.clear(this._timer);
    this._giveUp();
    this.#offer = undefined;
  }

  private _start(): void {
    this._core!.platform.timers.clear(this._timer);
    const offer = this.#offer;
    const target = this._target;
    if (offer === undefined) return;
    const core = this._core!;
    const { log } = core;
    if (core.update.busy) {
      this._wait();
      return;
    }
    const run: Run = { finishing: false };
    this._run = run;
    const file: Offer = { ...offer, product: "", checksum: undefined, parts: [], manual: false };
    log.info(`Archive ${offer.version} (${offer.size} bytes) is being downloaded.`);
    const begin = (): void | Promise<void> => {
      checkTransport(file, core.tls);
      return target.begin(withoutUrl(file));
    };
    this._step(run, begin, () => this._fetch(run, file, target));
  }

  private _fetch(run: Run, file: Offer, target: WriterTarget): void {
    const core = this._core!;
    const { platform, log, secure } = core;
    this._download = new Download({
      ...{ platform, log, secure, target },
      tls: () => core.tls,
      // The archive may have been offered again, with a new URL, while the writer began.
      offer: { ...file, url: this.#offer?.url ?? file.url },
      to: undefined,
      onProgress: () => {},
      onDone: () => this._complete(run, file, target),
      onFault: (fault) => this._failed(fault),
    });
    this._download.start();
  }

  private _complete(run: Run, file: Offer, target: WriterTarget): void {
    const finish = (): void | Promise<void> => {
      target.verify();
      run.finishing = true;
      return target.activate();
    };
    this._step(run, finish, () => this._done(file));
  }

  /** Runs a call of the writer and then `next`, unless the archive was given up meanwhile. */
  private _step(run: Run, body: () => unknown, next: () => void): void {
    const failed = (error: unknown): void => {
      if (this._run !== run) return;
      run.finishing = false;
      this._failed(error);
    };
    const goOn = (): void => {
      if (this._run !== run) return;
      try {
        next();
      } catch (error) {
        failed(error);
      }
    };
    settle(body, goOn, failed);
  }

  private _done({ version, uuid }: Offer): void {
    this._download = undefined;
    this._run = undefined;
    this.#offer = undefined;
    const { platform, log } = this._core!;
    log.notice(`Archive ${version} is complete.`);
    try {
      platform.store.set(storeKey, encodeUtf8(uuid));
    } catch (error) {
      log.warning(`The archive will be offered again: ${asFault(error, "store", "store-failed").message}`);
    }
  }

  /**
   * A download that failed is tried again after a delay that grows, since what failed may pass. Everything else gives the archive
   * up until the server offers it again, after the next join.
   */
  private _failed(error: unknown): void {
    const { log } = this._core!;
    const fault = asFault(error, "download", "archive-failed");
    this._giveUp();
    if (isPassing(fault) && ++this._failures < maxAttempts) {
      const delayMs = fault instanceof PutOff ? fault.delayMs : rescheduleDelay(this._failures - 1);
      const minutes = Math.ceil(delayMs / 60_000);
      log.warning(`The archive could not be downloaded: ${fault.message} It is tried again in ${minutes} min.`);
      this._wait(delayMs);
      return;
    }
    log.error(`The archive was not taken: ${fault.message} The server offers it again after the next join.`);
    this.#offer = undefined;
  }

  private _giveUp(): void {
    this._download?.close();
    this._download = undefined;
    if (this._run?.finishing === false) this._target.abort();
    this._run = undefined;
  }

  private _wait(delayMs = waitMs): void {
    const { timers } = this._core!.platform;
    timers.clear(this._timer);
    this._timer = timers.set(() => this._start(), delayMs);
  }
}

/** Stages of what a network or a file server does; faults of the application's writer and of the offer are none of them. */
const passingStages: readonly string[] = Object.freeze(["resolve", "connect", "tls", "transport", "download"]);

const isPassing = ({ stage, code }: Fault): boolean =>
  passingStages.includes(stage) && code !== "archive-failed" && code !== "plain-download";

/** The archive without its URL, which is a credential that the application must not get. */
const archiveOf = ({ uuid, version, description, platform, architecture, size, uploadedAt }: Archive): Archive => {
  return { uuid, version, description, platform, architecture, size, uploadedAt };
};
