/*
 * Protection: what stands between an update that goes wrong and a device that stays dead: a second slot, rollback, the
 * watchdog. A build may lack them, since which options and which partition table it gets is the board's manifest to say.
 *
 * The rule it guards: what is missing is said at every start, before anything is offered. A device that was flashed by
 * cable and never updated takes no update until it is flashed right, since somebody is there to do it; one that came to its
 * image over the air goes on, since nobody may be, and an update is the only way to it.
 */

import { asFault } from "../../modules/fault/fault.js";
import type { Host } from "../../modules/host/host.js";
import type { Store } from "../../modules/host/store.js";
import type { Log } from "../log.js";

/** Holds one byte when a trial has shown that the boot loader has no rollback. */
const storeKey = "no-rollback";

const remedy = "Flash it by cable with the options that nerveshub-sdkconfig writes.";

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

export class Protection {
  readonly #host: Host;
  readonly #log: Log;
  readonly #allowed: boolean;
  #lacking: readonly string[] = [];

  /** @param allowed the application, or who provisioned the device, wants updates all the same */
  constructor(host: Host, log: Log, allowed: boolean) {
    this.#host = host;
    this.#log = log;
    this.#allowed = allowed;
  }

  /** At every start, before anything can be offered. */
  start(): void {
    const { slots, device } = this.#host;
    const lacking: string[] = [];
    if (slots.inactive === undefined) lacking.push("a second application slot");
    if (slots.rollback === false) lacking.push("rollback");
    else if (this.#bootLoaderLacksRollback()) lacking.push("rollback in the boot loader");
    if (device.watchdog === false) lacking.push("the watchdog");
    this.#lacking = lacking;
    if (lacking.length === 0) return;
    const refusal = this.refusal;
    if (refusal !== undefined) this.#log.error(refusal);
    else this.#log.warning(`This device lacks ${listed(lacking)}: a bad update may stay. ${remedy}`);
  }

  /** What is missing, for people; undefined: nothing. */
  get lacking(): string | undefined {
    return this.#lacking.length === 0 ? undefined : listed(this.#lacking);
  }

  /** Why no update is taken, as a sentence; undefined: it may be. */
  get refusal(): string | undefined {
    if (this.#lacking.length === 0 || this.#allowed || this.#host.slots.fresh !== true) return undefined;
    return `This device was flashed without ${listed(this.#lacking)} and takes no update, since a bad one would stay. ${remedy}`;
  }

  /**
   * Only a trial shows it, and it is kept from then on: until another trial shows the opposite, or the device was flashed by
   * cable, the boot loader with it.
   */
  #bootLoaderLacksRollback(): boolean {
    const { slots, store } = this.#host;
    const { unmarked, fresh } = slots;
    if (unmarked === undefined && fresh !== true) return this.#known(store);
    const lacks = unmarked === true;
    try {
      if (lacks !== this.#known(store)) {
        if (lacks) store.set(storeKey, new Uint8Array([1]));
        else store.delete(storeKey);
      }
    } catch (error) {
      this.#log.error(`What this trial has shown cannot be kept: ${asFault(error, "store", "store-failed").message}`);
    }
    return lacks;
  }

  #known(store: Store): boolean {
    return store.get(storeKey) !== undefined;
  }
}
