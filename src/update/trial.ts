/*
 * Trial: a new image proves itself, or the device goes back to the old one. Actively: it waits for no reset that a hang
 * would never give.
 *
 * The rule it guards: an image is confirmed only after the server accepted its join and the application agreed. The
 * store remembers the starts and the last error, so that an image that failed leaves its reason behind, and firmware that
 * was reverted is known when the server offers it again.
 */

import { asFault } from "../../modules/fault/fault.js";
import type { Host } from "../../modules/host/host.js";
import type { Timer } from "../../modules/host/timers.js";
import { maxReasonCharacters } from "../../modules/limits/limits.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import type { Log } from "../log.js";
import { type RevertRecord, UpdateRecords } from "./records.js";

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

export interface TrialHooks {
  /** The application's own check. @param answer comes once, possibly from inside. @returns calls the question off */
  validate(answer: (passed: boolean) => void): () => void;
  /** The image was confirmed: tell the server. */
  confirmed(): void;
  /** The image has failed: the slots are set back already; restart. */
  failed(reason: string): void;
}

export class Trial {
  readonly #host: Host;
  readonly #log: Log;
  readonly #records: UpdateRecords;
  readonly #options: TrialOptions;
  readonly #hooks: TrialHooks;
  readonly #uuid: string;
  #deadline: Timer | undefined;
  /** Until the next question. */
  #question: Timer | undefined;
  /** A question that the application has not answered yet. */
  #asked: { callOff?: () => void } | undefined;
  #reverted = false;
  #started = false;

  /** @param uuid of the running firmware */
  constructor(host: Host, log: Log, records: UpdateRecords, options: TrialOptions, uuid: string, hooks: TrialHooks) {
    this.#host = host;
    this.#log = log;
    this.#records = records;
    this.#options = options;
    this.#uuid = uuid;
    this.#hooks = hooks;
  }

  /** True while the running image is on trial. */
  get running(): boolean {
    return this.#host.slots.trial === "pending";
  }

  /** True when the device has come back from an image that did not stay. */
  get revertDetected(): boolean {
    return this.#reverted || this.#host.slots.reverted;
  }

  /** What is known of firmware that did not stay, if it is this one. */
  revertsOf(uuid: string): RevertRecord | undefined {
    const { reverted } = this.#records;
    return reverted?.uuid === uuid ? reverted : undefined;
  }

  /** At every start, before anything else. Safe to repeat. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    if (this.running) this.#begin();
    else this.#lookBack();
  }

  stop(): void {
    const { timers } = this.#host;
    timers.clear(this.#deadline);
    timers.clear(this.#question);
    this.#question = undefined;
    this.#asked?.callOff?.();
    this.#asked = undefined;
  }

  /** The image that is about to be activated. Recorded first: a power cut in between finds a trial that never started. */
  prepare(uuid: string, version: string): void {
    this.#records.trial = { uuid, version, boots: 0, lastError: "" };
  }

  /** The server has accepted the join. */
  joined(): void {
    if (!this.running || this.#question !== undefined || this.#asked !== undefined) return;
    this.#ask();
  }

  /** What keeps the trial from ending well; kept for the old image to report. */
  note(error: string): void {
    if (!this.running) return;
    this.#keep(() => {
      const lastError = cut(error, maxReasonCharacters);
      const { trial } = this.#records;
      if (trial !== undefined && trial.lastError !== lastError) this.#records.trial = { ...trial, lastError };
    });
  }

  /**
   * Ends the trial well. The caller has seen to it that the server accepted this image.
   * @throws Fault when the boot loader's data cannot be written: the trial and its deadline go on
   */
  confirm(): void {
    if (!this.running) return;
    this.#host.slots.confirm();
    this.stop();
    this.#keep(() => {
      this.#records.trial = undefined;
      this.#records.clearDownload();
      if (this.#records.reverted?.uuid === this.#uuid) this.#records.reverted = undefined;
    });
    this.#log.notice("The running image is confirmed: it stays.");
    this.#hooks.confirmed();
  }

  /** Uses the store for what a trial can do without. */
  #keep(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#log.error(`The trial cannot be kept in the store: ${asFault(error, "store", "store-failed").message}`);
    }
  }

  #begin(): void {
    const { deadlineMs, boots: allowed } = this.#options;
    const seconds = Math.round(deadlineMs / 1000);
    // Set before the store is touched: it holds also when the store does not work.
    this.#arm();
    this.#log.notice(`The image is on trial: it must reach the server within ${seconds} s.`);
    const trial = this.#records.trial ?? { uuid: this.#uuid, version: "", boots: 0, lastError: "" };
    const boots = trial.boots + 1;
    this.#keep(() => {
      this.#records.trial = { ...trial, boots };
    });
    if (boots > allowed + 1) {
      // It has failed before, and the boot loader started it again: nothing else can run, and restarts do not help.
      this.stop();
      this.#log.error("Going back did not lead to another image; the device stays on this one.");
      return;
    }
    if (boots > allowed) this.#fail(`It was started ${allowed} times without being confirmed. ${trial.lastError}`);
  }

  #arm(): void {
    const { deadlineMs } = this.#options;
    this.#deadline = this.#host.timers.set(() => {
      let lastError = "";
      this.#keep(() => {
        lastError = this.#records.trial?.lastError ?? "";
      });
      this.#fail(`It was not confirmed within ${Math.round(deadlineMs / 1000)} s. ${lastError}`);
    }, deadlineMs);
  }

  /** The old image again, or the same one as ever: has an image been tried and reverted? */
  #lookBack(): void {
    const { trial } = this.#records;
    if (trial === undefined || trial.uuid === this.#uuid) return;
    this.#keep(() => {
      this.#records.trial = undefined;
    });
    // Activated in the moment of a power cut, perhaps, but never started: its download is complete and can be used.
    if (trial.boots === 0 && !this.#host.slots.reverted) return;
    this.#reverted = true;
    // What was downloaded stays: it was verified, and is in the slot still if the image is wanted once more.
    this.#keep(() => {
      this.#records.source = undefined;
    });
    const { resetReason } = this.#host.device;
    if (resetReason === "power_on" && trial.lastError === "") {
      this.#log.warning(
        `The power went while firmware ${trial.version || trial.uuid} was on trial: the device went back.`,
      );
      return;
    }
    const reason = `${trial.lastError} The restart before this one: ${resetReason}.`.trim();
    const known = this.revertsOf(trial.uuid);
    const reverts = (known?.reverts ?? 0) + 1;
    this.#keep(() => {
      this.#records.reverted = { uuid: trial.uuid, reverts, deferred: known?.deferred ?? 0, reason };
    });
    this.#log.error(`Firmware ${trial.version || trial.uuid} did not stay and the device went back. ${reason}`);
  }

  /** Remembers that an offer of reverted firmware was put off once more. */
  defer(record: RevertRecord): void {
    this.#records.reverted = { ...record, deferred: record.deferred + 1 };
  }

  #ask(): void {
    this.#question = undefined;
    const asked: { callOff?: () => void } = {};
    this.#asked = asked;
    asked.callOff = this.#hooks.validate((passed) => {
      // Called off meanwhile: the trial has ended, or the link was closed.
      if (this.#asked !== asked) return;
      this.#asked = undefined;
      this.#answered(passed);
    });
    if (this.#asked === asked) this.note("The application's own check of the new image has not come to an end.");
  }

  #answered(passed: boolean): void {
    let problem = "The application's own check of the new image has not passed.";
    if (passed) {
      try {
        this.confirm();
        return;
      } catch (error) {
        problem = asFault(error, "trial", "confirm-failed").message;
        this.#log.error(`The image cannot be confirmed: ${problem}`);
      }
    }
    this.note(problem);
    this.#question = this.#host.timers.set(() => this.#ask(), validateIntervalMs);
  }

  #fail(reason: string): void {
    this.stop();
    this.note(reason);
    this.#log.error(`The new image has failed its trial. ${reason} The device goes back to the old one.`);
    try {
      this.#host.slots.revert();
    } catch (error) {
      // A restart would start the same image again, and so on: this one stays up, for a join that it may still get.
      const { message } = asFault(error, "trial", "revert-failed");
      this.#log.error(`The device cannot go back, and stays on this image: ${message}`);
      this.#arm();
      return;
    }
    this.#hooks.failed(reason);
  }
}

/**
 * Gives up a new image that cannot even make a link, and restarts into the old one. Nothing else would: no deadline runs
 * yet, and a program that has ended with an error does not hang for a watchdog to see.
 */
export function abandonTrial(host: Host, reason: string): void {
  if (host.slots.trial !== "pending") return;
  host.print(printable(`The new image has failed its trial. ${reason} The device goes back to the old one.`));
  try {
    const records = new UpdateRecords(host.store);
    const { trial } = records;
    if (trial !== undefined)
      records.trial = { ...trial, boots: trial.boots + 1, lastError: cut(reason, maxReasonCharacters) };
  } catch (error) {
    host.print(`The reason cannot be kept: ${asFault(error, "store", "store-failed").message}`);
  }
  try {
    host.slots.revert();
  } catch (error) {
    host.print(`The device cannot go back: ${asFault(error, "trial", "revert-failed").message}`);
    return;
  }
  host.timers.set(() => host.device.restart(), abandonDelayMs);
}
