/*
 * The orchestrator: who gets which update and when. One deployment group for the whole desk, whose release is the newest
 * image of each chip. The rules are the real server's.
 *
 * The rule it guards: what one device does costs a look at that device, not at all of them.
 */

import type { Timers } from "../../modules/platform/timers.js";
import type { Deltas, Patch } from "./deltas.js";
import type { Device } from "./device.js";
import type { FirmwareImage, FirmwareLibrary, ServedFile } from "./firmware-library.js";
import type { Settings } from "./options.js";
import type { Timeline } from "./timeline.js";
import { at } from "./update-status.js";
import type { Updating } from "./updating.js";

/** The one deployment group's number, as `deployment_id` in `update`. */
export const groupId = 1;

const tooManyAttempts = "too many attempts";
/** Attempts in all, and attempts within a time, ms, after which a device is blocked without another word. */
const failureThreshold = 3;
const failureRate = { attempts: 5, withinMs: 180_000 };
/** A record that nobody touched for this long is dropped, ms. */
const recordLifetimeMs = 30 * 60_000;

/** Puts an offer on the wire, or reports that the device is not there. */
export type Offer = (
  device: Device,
  image: FirmwareImage,
  file: ServedFile,
  sourceUuid: string | undefined,
  deploymentId: number | null,
) => boolean;

export interface Rejection {
  readonly reason: string;
  /** Minutes, as on the wire; absent where there is nothing to wait for. */
  readonly delayFor?: number;
}

export class Orchestrator {
  readonly #settings: Settings;
  readonly #library: FirmwareLibrary;
  readonly #deltas: Deltas;
  readonly #timeline: Timeline;
  readonly #offer: Offer;
  readonly #devices: () => Iterable<Device>;
  readonly #updating: Updating;
  /** Who is to be looked at, longest waiting first; what stays in it waits for a free place. */
  readonly #due = new Set<Device>();
  #round: ReturnType<Timers["set"]> | undefined;
  /** The group is active: it takes devices in and sends updates. */
  active: boolean;

  constructor(
    settings: Settings,
    library: FirmwareLibrary,
    deltas: Deltas,
    timeline: Timeline,
    devices: () => Iterable<Device>,
    updating: Updating,
    offer: Offer,
  ) {
    this.#settings = settings;
    this.#library = library;
    this.#deltas = deltas;
    this.#timeline = timeline;
    this.#devices = devices;
    this.#updating = updating;
    this.#offer = offer;
    this.active = settings.automaticUpdates;
  }

  /** At a join: into the group if it takes the device; a device once in it stays. */
  enrol(device: Device): void {
    if (device.groupId !== null || !this.active || device.firmware === undefined) return;
    if (this.#settings.groupTags.every((tag) => device.tags.includes(tag))) device.groupId = groupId;
  }

  /**
   * Offers soon: several causes within the delay make one round.
   * @param device the one that something has changed for; everybody when nobody is named
   */
  schedule(device?: Device): void {
    if (device === undefined) this.#everybody();
    else this.#due.add(device);
    this.#soon();
  }

  /** An update of the group has ended: those who wait may have its place. */
  freed(): void {
    if (this.#due.size > 0) this.#soon();
  }

  #soon(): void {
    this.#round ??= this.#settings.timers.set(() => {
      this.#round = undefined;
      this.#offerDue();
    }, this.#settings.offerDelayMs);
  }

  #everybody(): void {
    for (const device of this.#devices()) this.#due.add(device);
  }

  stop(): void {
    this.#settings.timers.clear(this.#round);
    this.#round = undefined;
  }

  /** Offers an update to everybody who should have one now. */
  round(): void {
    this.expire();
    this.#everybody();
    this.#offerDue();
  }

  #offerDue(): void {
    for (const device of this.#due) {
      if (this.#free() <= 0) return;
      this.#due.delete(device);
      if (device.updateMode === "automatic" && this.#mayHave(device) === undefined) this.#send(device);
    }
  }

  /** Drops the records of updates that nobody has spoken of for half an hour. */
  expire(): void {
    const now = this.#settings.clock.now();
    for (const device of [...this.#updating]) {
      if (device.inflight === undefined || now - device.inflight.touchedAt < recordLifetimeMs) continue;
      device.inflight = undefined;
      this.#timeline.add(device.identifier, "expired", "nothing heard of the update for 30 minutes");
    }
  }

  /** The image the group has for that device, whether or not it may have it now. */
  target(device: Device): FirmwareImage | undefined {
    if (device.groupId === null || !this.active || device.firmware === undefined) return undefined;
    return this.#library.successorOf(device.firmware);
  }

  /** @returns why that device gets no update now, undefined when nothing stands in the way */
  holdBack(device: Device): string | undefined {
    const now = this.#settings.clock.now();
    if (device.connection.status !== "connected") return "not connected";
    if (device.firmware === undefined) return "its firmware is unknown: the join's metadata was not complete";
    if (device.validation === "not_validated") return "its firmware is not validated";
    if (device.inflight !== undefined) return "an update is in flight";
    if (device.blockedUntil !== undefined && device.blockedUntil > now) return "it is in the penalty box";
    const foreign = this.#foreign(device);
    if (foreign !== undefined) return foreign;
    const target = this.target(device);
    if (target === undefined) return device.groupId === null ? "not in the deployment group" : "nothing newer";
    if (this.#patch(device, target) === "making") return "its patch is being made";
    return this.#tooManyAttempts(device, now) ? tooManyAttempts : undefined;
  }

  /** As `holdBack`, and puts a device that has failed too often into the penalty box. */
  #mayHave(device: Device): string | undefined {
    const heldBack = this.holdBack(device);
    if (heldBack !== tooManyAttempts) return heldBack;
    device.blockedUntil = this.#settings.clock.now() + this.#settings.penaltyMs;
    const until = new Date(device.blockedUntil).toISOString();
    this.#timeline.add(device.identifier, "blocked", `too many attempts: no updates until ${until}`);
    return heldBack;
  }

  /** `request_update` of a device that manages its own updates. */
  request(device: Device): Rejection | undefined {
    if (device.updateMode === "off") return { reason: "updates_disabled" };
    const heldBack = this.#mayHave(device);
    if (heldBack !== undefined) {
      return { reason: heldBack === "nothing newer" ? "no_update" : "not_eligible" };
    }
    if (this.#free() <= 0) return { reason: "busy", delayFor: 5 };
    this.#send(device);
    return undefined;
  }

  /** An operator's push of one image; switches automatic updates off, as the real server does.
   *  @returns a sentence when it cannot be sent */
  push(device: Device, image: FirmwareImage, sourceUuid?: string): string | undefined {
    if (device.inflight !== undefined) return "an update is already in flight";
    const foreign = this.#foreign(device);
    if (foreign !== undefined) return foreign;
    const file = sourceUuid === undefined ? image : this.#deltas.patch(sourceUuid, image.metadata.uuid);
    if (file === "making") return "the patch is being made: try again when the timeline says it is there";
    if (file === "none") return "there is no patch between these two images";
    if (device.updateMode === "automatic") device.updateMode = "off";
    device.inflight = this.#record(image, "manual");
    const sent = this.#offer(device, image, file, sourceUuid, null);
    return sent ? undefined : "the device is not connected: the push is lost";
  }

  #send(device: Device): void {
    const image = this.target(device)!;
    const patch = this.#patch(device, image);
    device.inflight = this.#record(image, "group");
    if (typeof patch === "string") this.#offer(device, image, image, undefined, groupId);
    else this.#offer(device, image, patch, device.firmware!.uuid, groupId);
  }

  #patch(device: Device, target: FirmwareImage): Patch {
    if (this.#settings.deltas === "off") return "none";
    return this.#deltas.patch(device.firmware!.uuid, target.metadata.uuid);
  }

  #record(image: FirmwareImage, origin: "group" | "manual") {
    const now = this.#settings.clock.now();
    return { firmwareUuid: image.metadata.uuid, origin, status: "requested", progress: null, ...at(now) };
  }

  /**
   * The real server sends a device the images of its product alone, which is that of its key. Here one key serves the
   * whole desk, so a device is of the product that its firmware names.
   * @returns why the hub has nothing for it
   */
  #foreign({ firmware }: Device): string | undefined {
    const { product } = this.#settings;
    if (firmware === undefined || firmware.product === product) return undefined;
    return `its product is "${firmware.product}", and this hub's is "${product}"`;
  }

  #free(): number {
    return this.#settings.concurrentUpdates - this.#updating.groupCount;
  }

  #tooManyAttempts(device: Device, now: number): boolean {
    if (device.attempts.length >= failureThreshold) return true;
    return device.attempts.filter((t) => now - t < failureRate.withinMs).length >= failureRate.attempts;
  }
}
