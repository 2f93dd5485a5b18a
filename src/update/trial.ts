/*
 * Trial: confirms a new image, or reverts to the old one and restarts. It has a deadline of its own, since an image that hangs
 * may never be reset.
 *
 * The rule it guards: an image is confirmed only after the server accepted its join and the application agreed. The store
 * keeps the number of starts and the last error, so that a failed image leaves its reason, and reverted firmware is
 * recognised when the server offers it again.
 */

import { asFault } from "../../modules/fault/fault.js";
import { settle } from "../../modules/fault/settle.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Timer } from "../../modules/platform/timers.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import { type Log, maxLogLineCharacters } from "../log/log.js";
import { Redactor } from "../log/redact.js";
import { type RevertRecord, UpdateRecords } from "./records.js";
import { maxReasonCharacters } from "./report.js";

export interface TrialOptions {
  /** Time from the start of the image to its confirmation, in milliseconds. */
  deadlineMs: number;
  /** Starts that an unconfirmed image gets before it is reverted. */
  boots: number;
}

/** Ten minutes are enough for a slow network and a busy server, and short enough for an operator to wait. */
export const defaultTrial: TrialOptions = Object.freeze({ deadlineMs: 600000, boots: 3 });

/** Time in which the last printed line leaves a serial port. */
const abandonDelayMs = 1000;

/** Time between two calls of the application's `validate`. */
const validateIntervalMs = 10000;

export interface TrialListener {
  /** Calls the application's own check. @param answer called once, possibly before the return. @returns cancels the check */
  validate(answer: (passed: boolean) => void): () => void;
  /** The image was confirmed: the listener tells the server. */
  confirmed(): void;
  /** The image has failed and the slots are reverted: the listener restarts the device. */
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
  /** Timer of the next call of `validate`. */
  private _question: Timer | undefined;
  /** The pending call of `validate`. */
  private _asked: { callOff?: () => void } | undefined;
  private _reverted = false;
  private _started = false;

  /** @param uuid uuid of the running firmware */
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

  /** True when the device has reverted from an image that failed its trial. */
  get revertDetected(): boolean {
    return this._reverted || this._platform.slots.reverted;
  }

  /** The record of reverted firmware, if it has this uuid. */
  revertsOf(uuid: string): RevertRecord | undefined {
    const { reverted } = this._records;
    return reverted?.uuid === uuid ? reverted : undefined;
  }

  /** Begins a trial, or looks for a reverted image, at every start. A second call has no effect. */
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

  /** Records the image that is about to be activated. After a power cut before the activation, `boots` is 0: it never ran. */
  prepare(uuid: string, version: string): void {
    this._records.trial = { uuid, version, boots: 0, lastError: "" };
  }

  /** The server has accepted the join: the application's check begins. */
  joined(): void {
    if (!this.running || this._question !== undefined || this._asked !== undefined) return;
    this._ask();
  }

  /** Stores the error that keeps the image from being confirmed, for the old image to report. */
  note(error: string): void {
    if (!this.running) return;
    this._keep(() => {
      // Redacted first: a secret that the cut goes through would show its beginning.
      const lastError = cut(this._log.redactor.redact(error), maxReasonCharacters);
      const { trial } = this._records;
      if (trial !== undefined && trial.lastError !== lastError) this._records.trial = { ...trial, lastError };
    });
  }

  /**
   * Confirms the image. The caller is responsible for the server having accepted the image.
   * @throws Fault when the boot loader's data cannot be written; the trial and its deadline then continue
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

  /** Uses the store; a failure is logged and does not stop the trial. */
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
    // The deadline is set before the store is used, so that it applies even when the store fails.
    this._arm();
    this._log.notice(`The image is on trial: it must reach the server within ${seconds} s.`);
    const trial = this._records.trial ?? { uuid: this._uuid, version: "", boots: 0, lastError: "" };
    const boots = trial.boots + 1;
    this._keep(() => {
      this._records.trial = { ...trial, boots };
    });
    if (boots > allowed + 1) {
      // The image has failed before and the boot loader started it again: no other image can run, and restarts do not help.
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

  /** Finds out whether another image was on trial and was reverted. */
  private _lookBack(): void {
    const { trial } = this._records;
    if (trial === undefined || trial.uuid === this._uuid) return;
    this._keep(() => {
      this._records.trial = undefined;
    });
    // The image never started, perhaps because of a power cut at its activation: its download is complete and can be used.
    if (trial.boots === 0 && !this._platform.slots.reverted) return;
    this._reverted = true;
    // The progress record stays: the verified image is still in the slot, in case it is offered again.
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

  /** Counts in the record that an offer of reverted firmware was put off. */
  defer(record: RevertRecord): void {
    this._records.reverted = { ...record, deferred: record.deferred + 1 };
  }

  private _ask(): void {
    this._question = undefined;
    const asked: { callOff?: () => void } = {};
    this._asked = asked;
    asked.callOff = this._listener.validate((passed) => {
      // Cancelled meanwhile: the trial has ended, or the link was closed.
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
      // A restart would start the same image again, and so on. The image keeps running: its join may still be accepted.
      const { message } = asFault(error, "trial", "revert-failed");
      this._log.error(`The device cannot go back, and stays on this image: ${message}`);
      this._arm();
      return;
    }
    this._listener.gaveUp();
  }
}

/** Prints a sentence where there is no log yet. A failing console has nowhere to be reported, and must not keep a revert. */
const say = (platform: Platform, sentence: string): void =>
  settle(
    () => platform.print(printable(cut(sentence, maxLogLineCharacters))),
    () => {},
    () => {},
  );

/**
 * Reverts a new image that cannot construct its link, and restarts into the old one. Nothing else would: no deadline runs
 * yet, and a program that ended with an error does not hang, so the watchdog does not fire.
 */
const abandonTrial = (platform: Platform, reason: string): void => {
  say(platform, `The new image has failed its trial. ${reason} The device goes back to the old one.`);
  try {
    const records = new UpdateRecords(platform.store);
    const { trial } = records;
    if (trial !== undefined)
      records.trial = { ...trial, boots: trial.boots + 1, lastError: cut(reason, maxReasonCharacters) };
  } catch (error) {
    say(platform, `The reason cannot be kept: ${asFault(error, "store", "store-failed").message}`);
  }
  try {
    platform.slots.revert();
  } catch (error) {
    say(platform, `The device cannot go back: ${asFault(error, "trial", "revert-failed").message}`);
    return;
  }
  platform.timers.set(() => platform.device.restart(), abandonDelayMs);
};

/**
 * Makes a part without which the application cannot run: its settings, or a part of its link. When that throws, the reason is
 * printed, since an engine ends an application that does not catch the error without a word of it (XS in release), and an
 * image on trial is reverted at once.
 * @param redactor of the link's log, where its secrets are known
 * @throws what `make` throws
 */
export const makeOrRevert = <Part>(platform: Platform, make: () => Part, redactor = new Redactor([])): Part => {
  try {
    return make();
  } catch (error) {
    const reason = redactor.redact(asFault(error, "options", "construction-failed").message);
    if (platform.slots.trial === "pending") abandonTrial(platform, reason);
    else say(platform, reason);
    throw error;
  }
};
