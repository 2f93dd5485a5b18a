/*
 * Uses of texts that the server cannot take, from an application (test/xs/hostile-texts) and from an operator. The desk hub
 * ends the socket for half a surrogate pair and the channel for U+0000, as the real server does.
 */

import { simulatedImage } from "../simulated-device.js";
import type { Use, UsedApp } from "../use.js";
import type { UsedDevice } from "../used-device.js";

const app: UsedApp = { folder: "hostile-texts", name: "nerveshub-hostile-texts" };
const replaced = "\ufffd\ufffd\ufffd";

const entries = (device: UsedDevice, kind: string) =>
  device.hub.timeline.entries(device.identifier).filter((entry) => entry.kind === kind);

const report = (device: UsedDevice, name: string): string =>
  JSON.stringify(device.hub.device(device.identifier)?.reports.get(name) ?? "");

/** Checks that no text has ended a socket or a channel. */
function unharmed(device: UsedDevice, connections: number): void {
  for (const kind of ["protocol", "crash", "defect"]) {
    const [first] = entries(device, kind);
    if (first !== undefined) throw new Error(first.text);
  }
  const count = entries(device, "connected").length;
  if (count !== connections) throw new Error(`${count} connections instead of ${connections}`);
}

async function reported(device: UsedDevice, name: string, text: string): Promise<void> {
  await device.until(`${name} holds ${text}`, () => report(device, name).includes(text));
}

export const textUses: readonly Use[] = [
  {
    name: "texts that the server cannot take: alarms, log, health, components and errors, at this join and the next",
    app,
    run: async (device) => {
      for (const connections of [1, 2]) {
        await reported(device, "alarms", `3.1 V ${replaced}`);
        await reported(device, "alarms", '"😀"');
        await reported(device, "health", `"m${replaced}":"${replaced}"`);
        await reported(device, "components", replaced);
        await reported(device, "logging", `"${"x".repeat(1023)}😀"`);
        await reported(device, "error_reports", replaced);
        unharmed(device, connections);
        if (connections === 2) return;
        const snapshots = entries(device, "alarms").length;
        device.operator.reconnect(device.identifier);
        await device.until("it is there again", () => entries(device, "alarms").length > snapshots + 1);
        await device.joined();
      }
    },
  },
  {
    name: "texts that the server cannot take: a reschedule reason with U+0000 ends in one more offer, not in an endless loop",
    app,
    run: async (device) => {
      device.hub.addImage(simulatedImage(device.hub.settings.product, "1.1.0"), "newer.bin");
      const told = () => entries(device, "status").map(({ text }) => text);
      await device.until("it is put off", () => told().some((text) => text.includes("battery SN42\ufffd")));
      device.hub.operator.clearPenalty(device.identifier);
      await device.until("it is ignored", () => told().some((text) => text.startsWith("ignored")));
      unharmed(device, 1);
      const offers = entries(device, "offered").length;
      if (offers !== 2) throw new Error(`${offers} offers instead of 2`);
    },
  },
  {
    name: "texts that the server cannot take: scripts, console and a component's action",
    app,
    run: async (device) => {
      const output = await device.script("bad\nsay \ud83d and \0\nhelp");
      if (!output.includes(replaced) || !output.includes("\ufffd and \ufffd")) throw new Error(JSON.stringify(output));
      device.operator.consoleInput(device.identifier, "bad\rsay \ud83d\0\r");
      await device.until("the console shows it", () => device.shown.includes(replaced));
      const ref = device.operator.componentAction(device.identifier, "relay", "go");
      await device.until("the action is answered", () =>
        entries(device, "components").some(({ data }) => JSON.stringify(data ?? "").includes(ref)),
      );
      unharmed(device, 1);
    },
  },
];
