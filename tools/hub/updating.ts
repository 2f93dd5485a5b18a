/*
 * The devices that have an update under way. The rule it guards: nobody looks through all devices to find out about
 * these few, which with thousands of devices would be done thousands of times.
 */

import type { Device, InflightUpdate } from "./device.js";

export class Updating {
  readonly #devices = new Set<Device>();
  readonly #byFirmware = new Map<string, Set<Device>>();
  #group = 0;

  /** Updates of the deployment group, which count against its limit. */
  get groupCount(): number {
    return this.#group;
  }

  [Symbol.iterator](): IterableIterator<Device> {
    return this.#devices.values();
  }

  /** One of those that are being updated to that firmware; which one, nobody can say who has only the uuid. */
  to(firmwareUuid: string): Device | undefined {
    return this.#byFirmware.get(firmwareUuid)?.values().next().value;
  }

  /** To be called with every change of a device's record. */
  changed(device: Device, before: InflightUpdate | undefined, after: InflightUpdate | undefined): void {
    if (before !== undefined) this.#remove(device, before);
    if (after !== undefined) this.#add(device, after);
  }

  #add(device: Device, { origin, firmwareUuid }: InflightUpdate): void {
    this.#devices.add(device);
    if (origin === "group") this.#group++;
    if (firmwareUuid === null) return;
    const others = this.#byFirmware.get(firmwareUuid);
    if (others === undefined) this.#byFirmware.set(firmwareUuid, new Set([device]));
    else others.add(device);
  }

  #remove(device: Device, { origin, firmwareUuid }: InflightUpdate): void {
    this.#devices.delete(device);
    if (origin === "group") this.#group--;
    if (firmwareUuid === null) return;
    const others = this.#byFirmware.get(firmwareUuid);
    others?.delete(device);
    if (others?.size === 0) this.#byFirmware.delete(firmwareUuid);
  }
}
