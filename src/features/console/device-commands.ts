/*
 * The commands that every device has. They show facts, and do only what the buttons of the device's page do as well. An
 * application's commands are added to them.
 */

import { decimal } from "../../../modules/text/characters.js";
import { cut } from "../../../modules/text/cut.js";
import type { Command } from "../../command.js";
import { RecentLines } from "../../device/recent-lines.js";
import { updateState } from "../../device/update-state.js";
import { Vitals } from "../../device/vitals.js";
import type { Core } from "../../feature.js";

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

export const deviceCommands = (core: Core): Command[] => {
  const { platform, firmware, identifier } = core;
  const vitals = core.feature(Vitals);
  const recent = core.feature(RecentLines);
  return [
    {
      name: "info",
      help: "What runs here",
      run: ({ print }) => {
        print(`identifier  ${identifier}`);
        print(`firmware    ${firmware.product} ${firmware.version} (${firmware.uuid})`);
        print(`platform    ${firmware.platform} ${firmware.architecture}`);
        print(
          `image       ${platform.slots.trial === "pending" ? "on trial" : "confirmed"}, in ${platform.slots.running.label}`,
        );
      },
    },
    { name: "uptime", help: "Time since the start", run: () => duration(vitals.uptimeMs) },
    {
      name: "reboot",
      help: "Restart in an orderly way",
      run: () => {
        platform.timers.set(() => core.restart(), rebootDelayMs);
        return "Restarting.";
      },
    },
    {
      name: "log",
      usage: "[lines]",
      help: "The last lines of the log",
      run: ({ args: [count = String(linesShown)], print }) => {
        const lines = decimal(count, 4);
        if (lines === undefined) throw new Error(`"${cut(count, 16)}" is not a number of lines.`);
        for (const line of recent.last(lines)) print(line);
      },
    },
    {
      name: "partitions",
      help: "The two places for firmware",
      run: ({ print }) => {
        const { running, inactive, trial, reverted } = platform.slots;
        print(`${running.label}  ${bytes(running.size)}  running, ${trial === "pending" ? "on trial" : "confirmed"}`);
        if (inactive === undefined) print("There is no second one: this device cannot be updated.");
        else print(`${inactive.label}  ${bytes(inactive.size)}  ${reverted ? "was tried and given up" : "inactive"}`);
      },
    },
    {
      name: "update",
      help: "State of updates",
      run: () => updateState(core),
    },
    {
      name: "heap",
      help: "Memory",
      run: ({ print }) => {
        const facts = platform.device.facts();
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
        const { networkInterface } = platform.device;
        const { wifiRssi } = platform.device.facts();
        return `${networkInterface}${wifiRssi === undefined ? "" : `, ${wifiRssi} dBm`}`;
      },
    },
    { name: "reset-reason", help: "Why the device started", run: () => platform.device.resetReason },
  ];
};
