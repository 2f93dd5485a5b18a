/*
 * The slots of a host, with some of what they do changed: what hardware can do wrong. Portable.
 */

import type { Platform } from "../../modules/platform/platform.js";
import type { Slots } from "../../modules/platform/slots.js";

export function withSlots(change: (slots: Slots) => Partial<Slots>): (platform: Platform) => Platform {
  return (platform) => {
    const { slots } = platform;
    const plain: Slots = {
      running: slots.running,
      inactive: slots.inactive,
      get trial() {
        return slots.trial;
      },
      get reverted() {
        return slots.reverted;
      },
      anchor: () => slots.anchor(),
      activate: () => slots.activate(),
      confirm: () => slots.confirm(),
      revert: () => slots.revert(),
    };
    return { ...platform, slots: Object.defineProperties(plain, Object.getOwnPropertyDescriptors(change(slots))) };
  };
}
