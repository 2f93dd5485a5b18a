/*
 * The slot that an update may overwrite, for every target that writes slots. The rule it guards: before anything is erased,
 * the slot exists, it is not the way back of a trial, and the image fits.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Slots, WritableSlot } from "../../modules/platform/slots.js";

/** @returns the inactive slot @throws Fault of stage "flash": "no-inactive-slot"; of stage "trial": "trial-running" */
export const freeSlot = (slots: Slots): WritableSlot => {
  if (slots.inactive === undefined) {
    const text = "The partition table has no second application slot; flash the device once with one that has two.";
    throw new Fault("flash", "no-inactive-slot", text);
  }
  if (slots.trial === "pending") {
    throw new Fault(
      "trial",
      "trial-running",
      "The running image is still on trial; the update can follow its confirmation.",
    );
  }
  return slots.inactive;
};

/**
 * @param size bytes of the image
 * @throws Fault of stage "image": "image-too-large"
 */
export const requireRoom = (slot: WritableSlot, size: number): void => {
  if (size <= slot.size) return;
  const text = `The image has ${size} bytes and ${slot.label} only ${slot.size}; it needs a larger partition.`;
  throw new Fault("image", "image-too-large", text);
};
