/*
 * The commands that every device has. They show facts and ask for what an operator could have by a button as well; an
 * application's commands are added to them.
 */

import type { Host } from "../../../modules/host/host.js";
import { cut } from "../../../modules/text/cut.js";
import type { Firmware } from "../../device/firmware.js";
import type { Vitals } from "../../device/vitals.js";
import type { RecentLines } from "../../log/recent-lines.js";
import type { Updater } from "../../update/updater.js";
import type { Registry } from "../extensions/registry.js";
import type { ManagedUpdates } from "../managed-updates/managed-updates.js";
import type { Command } from "./command.js";

export interface DeviceFactsForCommands {
  host: Host;
  firmware: Firmware;
  vitals: Vitals;
  registry(): Registry;
  updater: Pick<Updater, "busy" | "currentlyDownloading">;
  updates: ManagedUpdates;
  recent: RecentLines;
  restart(): void;
}

/** For the answer to leave before the connection is closed. */
const rebootDelayMs = 500;
const linesShown = 20;

const bytes = (value: number | undefined): string => {
  return value === undefined ? "unknown" : `${value} bytes`;
};

const duration = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const parts = [`${Math.floor(seconds / 3600) % 24} h`, `${Math.floor(seconds / 60) % 60} min`, `${seconds % 60} s`];
  return seconds >= 86400 ? `${Math.floor(seconds / 86400)} d ${parts.join(" ")}` : parts.join(" ");
};

export const deviceCommands = (device: DeviceFactsForCommands): Command[] => {
  const { host, firmware, vitals, registry, updater, updates, recent } = device;
  const { metadata } = firmware;
  return [
    {
      name: "info",
      help: "What runs here",
      run: ({ print }) => {
        print(`identifier  ${host.device.identifier}`);
        print(`firmware    ${metadata.product} ${metadata.version} (${metadata.uuid})`);
        print(`platform    ${metadata.platform} ${metadata.architecture}`);
        print(
          `image       ${host.slots.trial === "pending" ? "on trial" : "confirmed"}, in ${host.slots.running.label}`,
        );
      },
    },
    { name: "uptime", help: "Time since the start", run: () => duration(vitals.uptimeMs) },
    {
      name: "reboot",
      help: "Restart in an orderly way",
      run: () => {
        host.timers.set(() => device.restart(), rebootDelayMs);
        return "Restarting.";
      },
    },
    {
      name: "log",
      usage: "[lines]",
      help: "The last lines of the log",
      run: ({ args: [count = String(linesShown)], print }) => {
        if (!/^\d{1,4}$/.test(count)) throw new Error(`"${cut(count, 16)}" is not a number of lines.`);
        for (const line of recent.last(Number(count))) print(line);
      },
    },
    {
      name: "partitions",
      help: "The two places for firmware",
      run: ({ print }) => {
        const { running, inactive, trial, reverted } = host.slots;
        print(`${running.label}  ${bytes(running.size)}  running, ${trial === "pending" ? "on trial" : "confirmed"}`);
        if (inactive === undefined) print("There is no second one: this device cannot be updated.");
        else print(`${inactive.label}  ${bytes(inactive.size)}  ${reverted ? "was tried and given up" : "inactive"}`);
      },
    },
    {
      name: "update",
      usage: "[check|request|automatic|device_managed]",
      help: "State of updates; ask for one; who decides when",
      run: ({ args: [what] }) => updateCommand(what, updater, updates),
    },
    {
      name: "heap",
      help: "Memory",
      run: ({ print }) => {
        const facts = host.device.facts();
        print(`free           ${bytes(facts.heapFree)}`);
        print(`free at worst  ${bytes(facts.heapLowWater)}`);
        print(`largest block  ${bytes(facts.heapLargestBlock)}`);
        if (facts.xsChunks !== undefined) print(`XS chunks      ${bytes(facts.xsChunks)}`);
        if (facts.xsSlots !== undefined) print(`XS slots       ${bytes(facts.xsSlots)}`);
        if (facts.xsStackPeak !== undefined) print(`XS stack peak  ${facts.xsStackPeak} slots`);
      },
    },
    {
      name: "wifi",
      help: "The network the link runs over",
      run: () => {
        const { networkInterface } = host.device;
        const { wifiRssi } = host.device.facts();
        return `${networkInterface}${wifiRssi === undefined ? "" : `, ${wifiRssi} dBm`}`;
      },
    },
    {
      name: "extensions",
      help: "What the server uses of this device",
      run: ({ print }) => {
        const { extensions, attached } = registry();
        for (const key of extensions.keys()) {
          const version = attached.get(key);
          print(`${key.padEnd(18)}${version === undefined ? "not attached" : version}`);
        }
      },
    },
    { name: "reset-reason", help: "Why the device started", run: () => host.device.resetReason },
  ];
};

const updateCommand = (
  what: string | undefined,
  updater: DeviceFactsForCommands["updater"],
  updates: ManagedUpdates,
): string => {
  const asked = (done: boolean): string => {
    if (done) return "Asked; the log tells the answer.";
    throw new Error("The server could not be asked; the log tells why.");
  };
  switch (what) {
    case undefined:
      return `${updater.busy ? `Updating to ${updater.currentlyDownloading ?? "new firmware"}` : "No update is running"}; mode ${updates.mode ?? "unknown to this server"}.`;
    case "check":
      return asked(updates.check());
    case "request":
      return asked(updates.request());
    case "automatic":
    case "device_managed":
      return asked(updates.setMode(what));
    default:
      throw new Error(`"${cut(what, 32)}" is none of check, request, automatic and device_managed.`);
  }
};
