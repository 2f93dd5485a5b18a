/*
 * Trial: a new image proves itself, or the device goes back to the old one. Actively: it waits for no reset that a hang
 * would never give.
 *
 * The rule it guards: an image is confirmed only after the server accepted its join and the application agreed. The
 * store remembers the starts and the last error, so that an image that failed leaves its reason behind, and firmware that
 * was reverted is known when the server offers it again.
 */

import { asFault } from "../../modules/fault/fault.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Timer } from "../../modules/platform/timers.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import type { Log } from "../log/log.js";
import { type RevertRecord, UpdateRecords } from "./records.js";
import { maxReasonCharacters } from "./report.js";

export interface TrialOptions {
  /** From the start of the image to an accepted join, in milliseconds. */
  deadlineMs: number;
  /** Starts that an unconfirmed image gets. */
  boots: number;
}

/** Ten minutes: what a slow network and a busy server need together, and an operator still waits for. */
export const defaultTrial: TrialOptions = Object.freeze({ deadlineMs: 600000, boots: 3 });

/** For the line above to leave a serial port. */
const abandonDelayMs = 1000;

/** Between two questions to the application. */
const validateIntervalMs = 10000;

export interface TrialListener {
  /** The application's own check. @param answer comes once, possibly from inside. @returns calls the question off */
  validate(answer: (passed: boolean) => void): () => void;
  /** The image was confirmed: tell the server. */
  confirmed(): void;
  /** The image has failed: the slots are set back already; restart. */
  gaveUp(): void;
}

export class Trial {
  private readonly _platform: Platform;
  private readonly _log: Log;
  private readonly _records: UpdateRecords;
  private readonly _options: TrialOptions;
  private readonly _listener: TrialListener;
  private readonly _uuid: string;
  private _deadline: Timer | undefined;
  /** Until the next question. */
  private _question: Timer | undefined;
  /** A question that the application has not answered yet. */
  private _asked: { callOff?: () => void } | undefined;
  private _reverted = false;
  private _started = false;

  /** @param uuid of the running firmware */
  constructor(
    platform: Platform,
    log: Log,
    records: UpdateRecords,
    options: TrialOptions,
    uuid: string,
    listener: TrialListener,
  ) {
    this._platform = platform;
    this._log = log;
    this._records = records;
    this._options = options;
    this._uuid = uuid;
    this._listener = listener;
  }

  /** True while the running image is on trial. */
  get running(): boolean {
    return this._platform.slots.trial === "pending";
  }

  /** True when the device has come back from an image that did not stay. */
  get revertDetected(): boolean {
    return this._reverted || this._platform.slots.reverted;
  }

  /** What is known of firmware that did not stay, if it is this one. */
  revertsOf(uuid: string): RevertRecord | undefined {
    const { reverted } = this._records;
    return reverted?.uuid === uuid ? reverted : undefined;
  }

  /** At every start, before anything else. Safe to repeat. */
  start(): void {
    if (this._started) return;
    this._started = true;
    if (this.running) this._begin();
    else this._lookBack();
  }

  stop(): void {
    const { timers } = this._platform;
    timers.clear(this._deadline);
    timers.clear(this._question);
    this._question = undefined;
    this._asked?.callOff?.();
    this._asked = undefined;
  }

  /** The image that is about to be activated. Recorded first: a power cut in between finds a trial that never started. */
  prepare(uuid: string, version: string): void {
    this._records.trial = { uuid, version, boots: 0, lastError: "" };
  }

  /** The server has accepted the join. */
  joined(): void {
    if (!this.running || this._question !== undefined || this._asked !== undefined) return;
    this._ask();
  }

  /** What keeps the trial from ending well; kept for the old image to report. */
  note(error: string): void {
    if (!this.running) return;
    this._keep(() => {
      const lastError = cut(error, maxReasonCharacters);
      const { trial } = this._records;
      if (trial !== undefined && trial.lastError !== lastError) this._records.trial = { ...trial, lastError };
    });
  }

  /**
   * Ends the trial well. The caller has seen to it that the server accepted this image.
   * @throws Fault when the boot loader's data cannot be written: the trial and its deadline go on
   */
  confirm(): void {
    if (!this.running) return;
    this._platform.slots.confirm();
    this.stop();
    this._keep(() => {
      this._records.trial = undefined;
      this._records.clearDownload();
      if (this._records.reverted?.uuid === this._uuid) this._records.reverted = undefined;
    });
    this._log.notice("The running image is confirmed: it stays.");
    this._listener.confirmed();
  }

  /** Uses the store for what a trial can do without. */
  private _keep(body: () => void): void {
    try {
      body();
    } catch (error) {
      this._log.error(`The trial cannot be kept in the store: ${asFault(error, "store", "store-failed").message}`);
    }
  }

  private _begin(): void {
    const { deadlineMs, boots: allowed } = this._options;
    const seconds = Math.round(deadlineMs / 1000);
    // Set before the store is touched: it holds also when the store does not work.
    this._arm();
    this._log.notice(`The image is on trial: it must reach the server within ${seconds} s.`);
    const trial = this._records.trial ?? { uuid: this._uuid, version: "", boots: 0, lastError: "" };
    const boots = trial.boots + 1;
    this._keep(() => {
      this._records.trial = { ...trial, boots };
    });
    if (boots > allowed + 1) {
      // It has failed before, and the boot loader started it again: nothing else can run, and restarts do not help.
      this.stop();
      this._log.error("Going back did not lead to another image; the device stays on this one.");
      return;
    }
    if (boots > allowed) this._fail(`It was started ${allowed} times without being confirmed. ${trial.lastError}`);
  }

  private _arm(): void {
    const { deadlineMs } = this._options;
    this._deadline = this._platform.timers.set(() => {
      let lastError = "";
      this._keep(() => {
        lastError = this._records.trial?.lastError ?? "";
      });
      this._fail(`It was not confirmed within ${Math.round(deadlineMs / 1000)} s. ${lastError}`);
    }, deadlineMs);
  }

  /** The old image again, or the same one as ever: has an image been tried and reverted? */
  private _lookBack(): void {
    const { trial } = this._records;
    if (trial === undefined || trial.uuid === this._uuid) return;
    this._keep(() => {
      this._records.trial = undefined;
    });
    // Activated in the moment of a power cut, perhaps, but never started: its download is complete and can be used.
    if (trial.boots === 0 && !this._platform.slots.reverted) return;
    this._reverted = true;
    // What was downloaded stays: it was verified, and is in the slot still if the image is wanted once more.
    this._keep(() => {
      this._records.source = undefined;
    });
    const { resetReason } = this._platform.device;
    if (resetReason === "power_on" && trial.lastError === "") {
      this._log.warning(
        `The power went while firmware ${trial.version || trial.uuid} was on trial: the device went back.`,
      );
      return;
    }
    const reason = `${trial.lastError} The restart before this one: ${resetReason}.`.trim();
    const known = this.revertsOf(trial.uuid);
    const reverts = (known?.reverts ?? 0) + 1;
    this._keep(() => {
      this._records.reverted = { uuid: trial.uuid, reverts, deferred: known?.deferred ?? 0, reason };
    });
    this._log.error(`Firmware ${trial.version || trial.uuid} did not stay and the device went back. ${reason}`);
  }

  /** Remembers that an offer of reverted firmware was put off once more. */
  defer(record: RevertRecord): void {
    this._records.reverted = { ...record, deferred: record.deferred + 1 };
  }

  private _ask(): void {
    this._question = undefined;
    const asked: { callOff?: () => void } = {};
    this._asked = asked;
    asked.callOff = this._listener.validate((passed) => {
      // Called off meanwhile: the trial has ended, or the link was closed.
      if (this._asked !== asked) return;
      this._asked = undefined;
      this._answered(passed);
    });
    if (this._asked === asked) this.note("The application's own check of the new image has not come to an end.");
  }

  private _answered(passed: boolean): void {
    let problem = "The application's own check of the new image has not passed.";
    if (passed) {
      try {
        this.confirm();
        return;
      } catch (error) {
        problem = asFault(error, "trial", "confirm-failed").message;
        this._log.error(`The image cannot be confirmed: ${problem}`);
      }
    }
    this.note(problem);
    this._question = this._platform.timers.set(() => this._ask(), validateIntervalMs);
  }

  private _fail(reason: string): void {
    this.stop();
    this.note(reason);
    this._log.error(`The new image has failed its trial. ${reason} The device goes back to the old one.`);
    try {
      this._platform.slots.revert();
    } catch (error) {
      // A restart would start the same image again, and so on: this one stays up, for a join that it may still get.
      const { message } = asFault(error, "trial", "revert-failed");
      this._log.error(`The device cannot go back, and stays on this image: ${message}`);
      this._arm();
      return;
    }
    this._listener.gaveUp();
  }
}

/**
 * Gives up a new image that cannot even make a link, and restarts into the old one. Nothing else would: no deadline runs
 * yet, and a program that has ended with an error does not hang for a watchdog to see.
 */
const abandonTrial = (platform: Platform, reason: string): void => {
  if (platform.slots.trial !== "pending") return;
  platform.print(printable(`The new image has failed its trial. ${reason} The device goes back to the old one.`));
  try {
    const records = new UpdateRecords(platform.store);
    const { trial } = records;
    if (trial !== undefined)
      records.trial = { ...trial, boots: trial.boots + 1, lastError: cut(reason, maxReasonCharacters) };
  } catch (error) {
    platform.print(`The reason cannot be kept: ${asFault(error, "store", "store-failed").message}`);
  }
  try {
    platform.slots.revert();
  } catch (error) {
    platform.print(`The device cannot go back: ${asFault(error, "trial", "revert-failed").message}`);
    return;
  }
  platform.timers.set(() => platform.device.restart(), abandonDelayMs);
};

/**
 * What the application cannot do without, or an error: its settings, a part of its link. An image on trial that cannot even
 * get there is given up at once.
 */
export const made = <Part>(platform: Platform, make: () => Part): Part => {
  try {
    return make();
  } catch (error) {
    abandonTrial(platform, asFault(error, "options", "construction-failed").message);
    throw error;
  }
};
