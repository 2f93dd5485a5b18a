/*
 * What a simulated device can be without, as a board that was flashed with the options of somebody else is. For the desk and
 * the suites: on an ESP32 it is the build that says so.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Slot, Slots } from "../../modules/platform/slots.js";
import { type BootOptions, boot } from "./boot-loader.js";
import { FlashSlots } from "./flash-slots.js";

const lacks = Object.freeze(["second-slot", "rollback", "boot-loader-rollback", "watchdog"] as const);

export type Lack = (typeof lacks)[number];

/** @throws Fault "unknown-lack" that names the word */
export const readLacks = (text: string): Lack[] => {
  return text
    .split(",")
    .filter((word) => word !== "")
    .map((word) => {
      const lack = lacks.find((known) => known === word);
      if (lack === undefined) throw new Fault("options", "unknown-lack", `"${word}" is none of ${lacks.join(", ")}.`);
      return lack;
    });
};

/** A partition table with one application. */
class OnlySlot implements Slots {
  readonly running: Slot;
  readonly inactive = undefined;
  readonly trial = "confirmed";
  readonly reverted = false;
  readonly rollback: boolean;
  readonly fresh = true;

  constructor(running: Slot, rollback: boolean) {
    this.running = running;
    this.rollback = rollback;
  }

  anchor(): void {}

  activate(): void {
    throw new Fault("flash", "no-inactive-slot", "There is no second slot.");
  }

  confirm(): void {}

  revert(): void {
    throw new Fault("trial", "revert-impossible", "There is no second slot.");
  }
}

/** Starts the device. @throws Fault "no-bootable-image" */
export const openSlots = (options: BootOptions, lacking: readonly Lack[]): Slots => {
  const bootOptions = { ...options, rollback: !lacking.includes("boot-loader-rollback") };
  const rollback = !lacking.includes("rollback");
  const slots = new FlashSlots(bootOptions, boot(bootOptions), { rollback });
  return lacking.includes("second-slot") ? new OnlySlot(slots.running, rollback) : slots;
};
