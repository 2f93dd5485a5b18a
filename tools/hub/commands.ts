/*
 * The commands of the hub's prompt, as one table, so that `help` cannot lie. A refusal is an answer like any other.
 *
 * The rule it guards: what a device has written never makes a line. A row of a table and a sentence are one printable line
 * each; what is several lines of a device's own is marked line by line.
 */

import { readFileSync } from "node:fs";
import { printable } from "../../modules/text/printable.js";
import { modeOf } from "./api.js";
import { faultOf } from "./download-faults.js";
import type { Hub } from "./hub.js";
import { isText, type Json } from "./json.js";
import { Refusal } from "./operator.js";
import { timelineLine } from "./timeline.js";

/** A sentence, or lines. */
type Answer = string | readonly string[];
/** @param words what follows the name; @param rest the same as one text */
type Run = (hub: Hub, words: readonly string[], rest: string) => Answer | Promise<Answer>;

/** The text behind the first `n` words. */
const behind = (rest: string, n: number) => rest.split(/\s+/).slice(n).join(" ");
const json = (text: string) => JSON.parse(text || "{}") as Json;
/** What a device has written, so that none of its lines looks like one of the hub's. */
const marked = (text: string) => text.split(/\r?\n/).map((line) => `| ${line}`);

const table: readonly (readonly [name: string, usage: string, help: string, run: Run])[] = [
  ["help", "", "this list", () => helpLines()],
  ["devices", "", "who is there", (hub) => deviceLines(hub)],
  ["show", "DEVICE", "all that is known of a device", (hub, [id]) => showDevice(hub, id)],
  ["timeline", "[DEVICE]", "what happened", (hub, [id]) => timelineLines(hub, id)],
  ["firmware", "", "the images, newest first", (hub) => firmwareLines(hub)],
  [
    "push",
    "DEVICE IMAGE [delta]",
    "send an image (version, uuid or file)",
    (hub, [id, image, delta]) => hub.operator.push(id, image, delta === "delta"),
  ],
  ["offer", "", "start a round of automatic offers now", (hub) => hub.operator.offer()],
  ["forgive", "DEVICE", "clear the penalty box", (hub, [id]) => hub.operator.clearPenalty(id)],
  [
    "mode",
    "DEVICE MODE",
    "automatic, device_managed or off",
    (hub, [id, mode]) => hub.operator.setUpdateMode(id, modeOf(mode)),
  ],
  ["reboot", "DEVICE", "ask for a restart", (hub, [id]) => hub.operator.reboot(id)],
  ["identify", "DEVICE", "ask it to make itself noticed", (hub, [id]) => hub.operator.identify(id)],
  ["reconnect", "DEVICE", "close its socket with 1001", (hub, [id]) => hub.operator.reconnect(id)],
  ["cut", "DEVICE", "break its connection without a word", (hub, [id]) => hub.operator.cut(id)],
  ["remove", "DEVICE", "delete it: its next login is refused", (hub, [id]) => hub.operator.remove(id)],
  ["script", "DEVICE TEXT", "run a support script", runScript],
  [
    "connecting",
    "DEVICE [TEXT]",
    "code to run at every join; none clears it",
    (hub, [id], rest) => hub.operator.setConnectingCode(id, behind(rest, 1)),
  ],
  [
    "type",
    "DEVICE TEXT",
    "type a line into its console",
    (hub, [id], rest) => hub.operator.consoleType(id, behind(rest, 1)),
  ],
  ["console", "DEVICE", "what its console has shown", (hub, [id]) => marked(hub.operator.consoleOutput(id))],
  [
    "ask",
    "DEVICE EVENT [JSON]",
    "an extension event, such as health:check",
    (hub, [id, event], rest) => hub.operator.extension(id, event, json(behind(rest, 2))),
  ],
  [
    "action",
    "DEVICE COMPONENT ACTION",
    "run an action of a component",
    (hub, [id, component, action]) => hub.operator.componentAction(id, component, action),
  ],
  [
    "extension",
    "DEVICE NAME on|off",
    "switch an extension",
    (hub, [id, name, on]) => hub.operator.switchExtension(id, name, on === "on"),
  ],
  [
    "archive",
    "DEVICE FILE [VERSION]",
    "offer a file as an archive",
    (hub, [id, file, version]) => hub.operator.archive(id, readFileSync(file), { version }),
  ],
  [
    "keys",
    "DEVICE fwup|archive KEY…",
    "send public keys",
    (hub, [id, kind, ...keys]) => hub.operator.publicKeys(id, kind === "archive" ? "archive" : "fwup", keys),
  ],
  [
    "send",
    "DEVICE EVENT [JSON]",
    "any event on the device topic",
    (hub, [id, event], rest) => hub.operator.send(id, event, json(behind(rest, 2))),
  ],
  ["fault", "[KIND NUMBER TIMES]", "break the next downloads; nothing clears", (hub, words) => setFault(hub, words)],
  ["quit", "", "stop the hub", () => ""],
];
const commands = new Map(table.map(([name, usage, , run]) => [name, { usage, run }]));

/** @returns the answer, in printable lines; a refusal is an answer too */
export async function runCommand(hub: Hub, line: string): Promise<string> {
  const [name, ...words] = line.trim().split(/\s+/);
  if (name === "") return "";
  const command = commands.get(name);
  if (command === undefined) return printable(`no such command: ${name}. Try help.`);
  const needed = command.usage
    .replace(/ ?\[.*/, "")
    .split(" ")
    .filter((word) => word !== "").length;
  if (words.length < needed) return `usage: ${name} ${command.usage}`;
  try {
    const answer = await command.run(hub, words, words.join(" "));
    return typeof answer === "string" ? printable(answer) : answer.map(printable).join("\n");
  } catch (error) {
    const expected = error instanceof Refusal || error instanceof SyntaxError || "code" in (error as object);
    if (expected) return printable((error as Error).message);
    throw error;
  }
}

function helpLines(): string[] {
  return table.map(([name, usage, help]) => `${`${name} ${usage}`.padEnd(34)} ${help}`);
}

async function runScript(hub: Hub, [id]: readonly string[], rest: string): Promise<Answer> {
  return marked(await hub.operator.script(id, behind(rest, 1)));
}

function deviceLines(hub: Hub): Answer {
  const lines = hub.devices().map((device) => {
    const { firmware, connection, inflight } = device;
    const update =
      inflight === undefined ? (hub.orchestrator.holdBack(device) ?? "update due") : `updating: ${inflight.status}`;
    const running = firmware === undefined ? "unknown firmware" : `${firmware.version} on ${firmware.platform}`;
    return `${device.identifier.padEnd(20)} ${connection.status.padEnd(13)} ${running.padEnd(24)} ${update}`;
  });
  return lines.length === 0 ? "no device has connected yet" : lines;
}

function showDevice(hub: Hub, identifier: string): Answer {
  const device = hub.device(identifier);
  if (device === undefined) return `no device is called ${identifier}`;
  return JSON.stringify(device.summary(), undefined, 2).split("\n");
}

function timelineLines(hub: Hub, identifier: string | undefined): Answer {
  return hub.timeline.entries(identifier).slice(-40).map(timelineLine);
}

function firmwareLines(hub: Hub): Answer {
  const lines = hub.library
    .images()
    .map(
      ({ name, size, metadata: m }) =>
        `${m.version.padEnd(16)} ${m.platform.padEnd(9)} ${String(size).padStart(9)} bytes  ${name}`,
    );
  return lines.length === 0 ? "no images" : lines;
}

function setFault(hub: Hub, [kind, number, times]: readonly string[]): string {
  if (kind === undefined) {
    hub.faults.clear();
    return "no faults";
  }
  const n = Number(number);
  const fault = faultOf({ kind, after: n, at: n, extra: n, offset: n, status: n });
  if (isText(fault)) return fault;
  hub.faults.set(fault, Number(times ?? 1));
  return `the next download gets: ${kind} ${number ?? ""}`;
}
