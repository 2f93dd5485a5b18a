/*
 * Machine facts: the memory that the XS machine uses. nh-machine.c tells what is counted.
 */

import type { DeviceFacts } from "../../modules/platform/device.js";

const chunks = native("nh_machine_chunks") as () => number;
const slots = native("nh_machine_slots") as () => number;
const stackPeak = native("nh_machine_stack_peak") as () => number | undefined;

export const machineFacts = (): Pick<DeviceFacts, "xsChunks" | "xsSlots" | "xsStackPeak"> => {
  return { xsChunks: chunks(), xsSlots: slots(), xsStackPeak: stackPeak() };
};
