/*
 * The slots of a host, with some of what they do changed: what hardware can do wrong. Portable.
 */

import type { Host } from "../../modules/host/host.js";
import type { Slots } from "../../modules/host/slots.js";

export function withSlots(change: (slots: Slots) => Partial<Slots>): (host: Host) => Host {
  return (host) => {
    const { slots } = host;
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
    return { ...host, slots: Object.defineProperties(plain, Object.getOwnPropertyDescriptors(change(slots))) };
  };
}
