/*
 * What the page knows of the hub, in signals, and the stream that keeps them up to date. When the stream ends it is opened
 * again, and the hub sends everything anew.
 */

import { signal } from "@preact/signals";
import { type Json, open } from "./hub.js";

export interface Firmware {
  readonly uuid: string;
  readonly product: string;
  readonly version: string;
  readonly platform: string;
  readonly architecture: string;
}

export interface Device {
  readonly identifier: string;
  readonly connection: "connecting" | "connected" | "disconnected";
  readonly device_api_version: string;
  readonly interface: string | null;
  readonly firmware: Firmware | null;
  readonly validation: "validated" | "not_validated" | "unknown";
  readonly inflight: { readonly status: string; readonly progress: number | null } | null;
  readonly update_mode: string;
  readonly update_attempts: number;
  readonly updates_blocked_until: string | null;
  /** Extensions that are attached. */
  readonly extensions: readonly string[];
  readonly console: boolean;
  /** What stands between the device and an update. */
  readonly next: string | null;
}

export interface Entry {
  readonly number: number;
  readonly at: number;
  readonly device?: string;
  readonly kind: string;
  readonly text: string;
  readonly data?: Json;
}

export interface Image extends Firmware {
  readonly name: string;
  readonly size: number;
}

export interface Fault {
  readonly kind: string;
  readonly left: number;
}

interface HubInfo {
  readonly product: string;
  readonly mayAct: boolean;
  readonly lines: string | null;
  readonly deltas: boolean;
}

type Message = {
  readonly hub?: HubInfo;
  readonly device?: Device;
  readonly report?: { readonly device: string; readonly name: string; readonly value: Json };
  readonly entries?: readonly Entry[];
  readonly images?: readonly Image[];
  readonly faults?: readonly Fault[];
};

/** Entries that are kept: a page that stays open for a week is not to grow. */
const maxEntries = 5000;
/** The hub sends something every 5 s. */
const silenceMs = 12_000;
const againMs = 1000;

export const live = signal<"connecting" | "live" | "gone" | "refused">("connecting");
export const hub = signal<HubInfo>({ product: "", mayAct: false, lines: null, deltas: false });
export const devices = signal<ReadonlyMap<string, Device>>(new Map());
/** By device and name. */
export const reports = signal<ReadonlyMap<string, ReadonlyMap<string, Json>>>(new Map());
export const entries = signal<readonly Entry[]>([]);
export const images = signal<readonly Image[]>([]);
export const faults = signal<readonly Fault[]>([]);
/** Identifier of the device that is looked at. */
export const selected = signal<string | undefined>(undefined);

function take(message: Message): void {
  if (message.hub !== undefined) {
    hub.value = message.hub;
    devices.value = new Map();
    reports.value = new Map();
    entries.value = [];
  }
  if (message.device !== undefined) {
    devices.value = new Map(devices.value).set(message.device.identifier, message.device);
    selected.value ??= message.device.identifier;
  }
  if (message.report !== undefined) {
    const { device, name, value } = message.report;
    reports.value = new Map(reports.value).set(device, new Map(reports.value.get(device)).set(name, value));
  }
  if (message.entries !== undefined) entries.value = [...entries.value, ...message.entries].slice(-maxEntries);
  if (message.images !== undefined) images.value = message.images;
  if (message.faults !== undefined) faults.value = message.faults;
}

/** Follows the hub for as long as the page is open. */
export async function follow(): Promise<void> {
  for (;;) {
    const watch = new AbortController();
    let timer = setTimeout(() => watch.abort(), silenceMs);
    try {
      for await (const message of open("live", watch.signal)) {
        clearTimeout(timer);
        timer = setTimeout(() => watch.abort(), silenceMs);
        live.value = "live";
        take(message as Message);
      }
      live.value = "gone";
    } catch (error) {
      live.value = error instanceof Error && error.name === "Refused" ? "refused" : "gone";
    }
    clearTimeout(timer);
    await new Promise((resolve) => setTimeout(resolve, againMs));
  }
}
