/*
 * Protection: the second slot, rollback and watchdog that keep a bad update from leaving a dead device. A build may lack
 * them, since the board's manifest chooses the options and the partition table.
 *
 * The rules it guards: what is missing is logged at every start, before an update can be offered. A device that was flashed by
 * cable and never updated takes no update until it is flashed right, since somebody is near it. A device that got its image
 * over the air takes updates, since nobody may be near it and an update is the only way to reach it.
 */

import { asFault } from "../../modules/fault/fault.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Store } from "../../modules/platform/store.js";
import type { Log } from "../log/log.js";

/** Key of a one-byte value that is stored when a trial has shown that the boot loader has no rollback. */
const storeKey = "no-rollback";

const remedy = "Flash it by cable with the options that nerveshub-sdkconfig writes.";

const listed = (words: readonly string[]): string => {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
};

export class Protection {
  private readonly _platform: Platform;
  private readonly _log: Log;
  private readonly _allowed: boolean;
  private _lacking: readonly string[] = [];

  /** @param allowed option `unprotectedUpdates`: updates are taken all the same */
  constructor(platform: Platform, log: Log, allowed: boolean) {
    this._platform = platform;
    this._log = log;
    this._allowed = allowed;
  }

  /** Finds and logs what is missing, at every start, before an update can be offered. */
  start(): void {
    const { slots, device } = this._platform;
    const lacking: string[] = [];
    if (slots.inactive === undefined) lacking.push("a second application slot");
    if (slots.rollback === false) lacking.push("rollback");
    else if (this._bootLoaderLacksRollback()) lacking.push("rollback in the boot loader");
    if (device.watchdog === false) lacking.push("the watchdog");
    this._lacking = lacking;
    if (lacking.length === 0) return;
    const refusal = this.refusal;
    if (refusal !== undefined) this._log.error(refusal);
    else this._log.warning(`This device lacks ${listed(lacking)}: a bad update may stay. ${remedy}`);
  }

  /** What is missing, for people; undefined: nothing. */
  get lacking(): string | undefined {
    return this._lacking.length === 0 ? undefined : listed(this._lacking);
  }

  /** Why no update is taken, as a sentence; undefined when updates are taken. */
  get refusal(): string | undefined {
    if (this._lacking.length === 0 || this._allowed || this._platform.slots.fresh !== true) return undefined;
    return `This device was flashed without ${listed(this._lacking)} and takes no update, since a bad one would stay. ${remedy}`;
  }

  /**
   * Whether the boot loader lacks rollback. Only a trial shows that. The finding is stored until another trial shows the
   * opposite, or the device is flashed by cable together with its boot loader.
   */
  private _bootLoaderLacksRollback(): boolean {
    const { slots, store } = this._platform;
    const { unmarked, fresh } = slots;
    if (unmarked === undefined && fresh !== true) return this._known(store);
    const lacks = unmarked === true;
    try {
      if (lacks !== this._known(store)) {
        if (lacks) store.set(storeKey, new Uint8Array([1]));
        else store.delete(storeKey);
      }
    } catch (error) {
      this._log.error(`What this trial has shown cannot be kept: ${asFault(error, "store", "store-failed").message}`);
    }
    return lacks;
  }

  private _known(store: Store): boolean {
    return store.get(storeKey) !== undefined;
  }
}
