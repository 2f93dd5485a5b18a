/*
 * Lacking: parts that a simulated device can lack, as a board does that was flashed with other options. For the desk hub and
 * the suites; on an ESP32 the build tells what is lacking.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Slot, Slots } from "../../modules/platform/slots.js";
import { type BootOptions, boot } from "./boot-loader.js";
import { FlashSlots } from "./flash-slots.js";

const lacks = Object.freeze(["second-slot", "rollback", "boot-loader-rollback", "watchdog"] as const);

export type Lack = (typeof lacks)[number];

/** @param text words with commas between @throws Fault of stage "options": "unknown-lack" that names the unknown word */
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

/** The slots of a partition table with a single application slot. */
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

/** Boots the device. @returns the slots, with the booted one running @throws Fault of stage "flash": "no-bootable-image" */
export const openSlots = (options: BootOptions, lacking: readonly Lack[]): Slots => {
  const bootOptions = { ...options, rollback: !lacking.includes("boot-loader-rollback") };
  const rollback = !lacking.includes("rollback");
  const slots = new FlashSlots(bootOptions, boot(bootOptions), { rollback });
  return lacking.includes("second-slot") ? new OnlySlot(slots.running, rollback) : slots;
};
