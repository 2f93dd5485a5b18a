/*
 * What a viewer of the page is sent, line by line as JSON: the state when it comes, and then what changes. A viewer that
 * was gone gets the whole state again, so there is nothing to catch up with.
 */

import type { ServerResponse } from "node:http";
import type { Device } from "../device.js";
import type { Json, JsonObject } from "../json.js";
import { maxDevicesShown, maxEntriesShown, maxUnreadBytes } from "../limits.js";
import type { Shown } from "./shown.js";

/** How long changes are gathered, ms: short for an eye, long for a thousand devices. */
const gatherMs = 200;
/** A viewer hears something at least so often, ms: silence means that the hub is gone. */
const beatMs = 5000;
/** Reports that only repeat what the timeline has. */
const told = new Set(["logging", "local_shell"]);

/** Sends until the viewer goes. @param lines to connect a device, for whoever may act */
export function sendLive(hub: Shown, response: ServerResponse, lines: string | undefined): void {
  const { timers, product } = hub.settings;
  const send = (message: JsonObject): void => {
    // A viewer that does not read is cut off; it comes again.
    if (response.writableLength > maxUnreadBytes) response.destroy();
    else response.write(`${JSON.stringify(message)}\n`);
  };
  const reports = new Map<string, Map<string, Json>>();
  const sendDevice = (device: Device): void => {
    send({ device: shown(hub, device) });
    const sent = reports.get(device.identifier) ?? new Map<string, Json>();
    reports.set(device.identifier, sent);
    for (const [name, report] of device.reports) {
      if (told.has(name) || sent.get(name) === report) continue;
      sent.set(name, report);
      send({ report: { device: device.identifier, name, value: report } });
    }
  };
  const sendEntries = (after: number): number => {
    const entries = hub.timeline.entries(undefined, after).slice(-maxEntriesShown);
    if (entries.length > 0) send({ entries: entries.map((entry) => ({ ...entry })) as unknown as Json });
    return entries.at(-1)?.number ?? after;
  };

  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const mayAct = lines !== undefined;
  send({ hub: { product, mayAct, lines: lines ?? null, deltas: hub.settings.deltas === "auto" } });
  for (const device of hub.devices().slice(-maxDevicesShown)) sendDevice(device);
  let number = sendEntries(0);
  let images = "";
  let faults = "";
  const dirty = new Set<string>();
  const listening = hub.onEvent((entry) => {
    if (entry.device !== undefined) dirty.add(entry.device);
  });
  const gather = (): void => {
    number = sendEntries(number);
    for (const identifier of dirty) {
      const device = hub.device(identifier);
      if (device !== undefined) sendDevice(device);
    }
    dirty.clear();
    const library = firmwareOf(hub);
    const pending = hub.faults.pending().map(({ fault, left }) => ({ ...fault, left })) as Json;
    if (JSON.stringify(library) !== images) send({ images: library });
    if (JSON.stringify(pending) !== faults) send({ faults: pending });
    images = JSON.stringify(library);
    faults = JSON.stringify(pending);
  };
  gather();
  const running = [
    timers.repeat(gather, gatherMs),
    timers.repeat(() => send({ beat: hub.settings.clock.now() }), beatMs),
  ];
  response.once("close", () => {
    listening();
    for (const timer of running) timers.clear(timer);
  });
}

export function firmwareOf(hub: Shown): Json {
  return hub.library.images().map((image) => ({ name: image.name, size: image.size, ...image.metadata }));
}

function shown(hub: Shown, device: Device): JsonObject {
  const { reports: _reports, ...summary } = device.summary();
  const socket = hub.socket(device.identifier);
  return {
    ...summary,
    extensions: [...(socket?.extensions?.attached() ?? [])],
    console: socket?.console !== undefined,
    next: device.inflight === undefined ? (hub.orchestrator.holdBack(device) ?? "update due") : null,
  };
}
