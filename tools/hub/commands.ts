/*
 * The commands of the hub's prompt, as one table, so that `help` cannot lie. A refusal is an answer like any other.
 *
 * The rule it guards: what a device has written never makes a line. A row of a table and a sentence are one printable line
 * each; what is several lines of a device's own is marked line by line.
 */

import { readFileSync } from "node:fs";
import { printable } from "../../modules/text/printable.js";
import { modeOf } from "./api.js";
import { faultKinds, faultOf } from "./download-faults.js";
import type { Hub } from "./hub.js";
import { isText, type Json } from "./json.js";
import { Refusal } from "./operator.js";
import { timelineLine } from "./timeline.js";

/** A sentence, or lines. */
type Answer = string | readonly string[];
/** @param words what follows the name; @param rest the same as one text */
type Run = (hub: Hub, words: readonly string[], rest: string, bench: Bench) => Answer | Promise<Answer>;

/** How much of the timeline is shown as it happens. */
export type Watch = "short" | "all" | "none";

/** What the hub's command line has and a hub in a test has not. */
export interface Bench {
  /** Puts a made-up image into the folder. @returns a sentence; @throws Refusal */
  make(version: string): string;
  /** @returns a sentence; @throws Refusal */
  startDevices(count: number): string;
  watch: Watch;
}

const noBench: Bench = {
  make: () => {
    throw new Refusal("this hub has no folder of images");
  },
  startDevices: () => {
    throw new Refusal("this hub starts no devices");
  },
  watch: "short",
};

/** The text behind the first `n` words. */
const behind = (rest: string, n: number) => rest.split(/\s+/).slice(n).join(" ");
const json = (text: string) => JSON.parse(text || "{}") as Json;
/** What a device has written, so that none of its lines looks like one of the hub's. */
const marked = (text: string) => text.split(/\r?\n/).map((line) => `| ${line}`);

const table: readonly (readonly [name: string, usage: string, help: string, run: Run])[] = [
  ["help", "", "this list", () => helpLines()],
  ["connect", "", "the lines that connect a device", (hub) => hub.connectingLines.split("\n")],
  [
    "devices",
    "[COUNT]",
    "who is there; with a number, starts that many here",
    (hub, [count], _rest, bench) => (count === undefined ? deviceLines(hub) : bench.startDevices(countOf(count))),
  ],
  ["make", "VERSION", "make an image of that version", (_hub, [version], _rest, bench) => bench.make(version)],
  ["show", "DEVICE", "all that is known of a device", (hub, [id]) => showDevice(hub, id)],
  ["timeline", "[DEVICE]", "what happened", (hub, [id]) => timelineLines(hub, id)],
  [
    "watch",
    "short|all|none",
    "how much of it is shown as it happens",
    (_hub, [how], _rest, bench) => {
      bench.watch = how as Watch;
      return `shown as it happens: ${how}`;
    },
  ],
  ["firmware", "", "the images, newest first", (hub) => firmwareLines(hub)],
  [
    "push",
    "DEVICE IMAGE [delta|whole]",
    "send an image (version, uuid or file)",
    (hub, [id, image, delta]) => hub.operator.push(id, image, delta === "delta"),
  ],
  ["offer", "", "start a round of automatic offers now", (hub) => hub.operator.offer()],
  ["forgive", "DEVICE", "clear the penalty box", (hub, [id]) => hub.operator.clearPenalty(id)],
  [
    "mode",
    "DEVICE automatic|device_managed|off",
    "who decides about its updates",
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
  [
    "fault",
    "[KIND] [NUMBER] [TIMES]",
    "break the next downloads; nothing clears",
    (hub, words) => setFault(hub, words),
  ],
  ["quit", "", "stop the hub", () => ""],
];
const commands = new Map(table.map(([name, usage, , run]) => [name, { usage, run }]));

/** Words of a usage: "DEVICE", "on|off", "[DEVICE]". */
const wordsOf = (usage: string) => usage.split(" ").filter((word) => word !== "");
const isOptional = (word: string) => word.startsWith("[");
/** Takes all that follows: "TEXT", "[JSON]", "KEY…". */
const isRest = (word: string) => /TEXT|JSON|…/.test(word);
/** The words that `word` allows, where they are a list. */
const choices = (word: string) => (word.includes("|") ? word.replace(/[[\]]/g, "").split("|") : undefined);

/** @returns what is wrong with the words behind a command's name */
function misuse(name: string, usage: string, words: readonly string[]): string | undefined {
  const wanted = wordsOf(usage);
  const least = wanted.filter((word) => !isOptional(word)).length;
  const most = wanted.some(isRest) ? Number.POSITIVE_INFINITY : wanted.length;
  if (words.length < least) return `usage: ${name} ${usage}`;
  if (words.length > most) return `${name} knows no "${words[most]}"; usage: ${name} ${usage}`;
  for (const [i, word] of wanted.entries()) {
    const given = words[i];
    const allowed = choices(word);
    if (given !== undefined && allowed?.includes(given) === false)
      return `${name} knows no "${given}"; there are ${allowed.join(", ")}`;
  }
  return undefined;
}

/** What may stand for a word of a usage. */
function candidates(hub: Hub, word: string): readonly string[] {
  const name = word.replace(/[[\]…]/g, "");
  if (name === "DEVICE") return hub.devices().map(({ identifier }) => identifier);
  if (name === "IMAGE") return hub.library.images().map(({ metadata }) => metadata.version);
  if (name === "NAME") return [...hub.settings.extensions.keys()];
  if (name === "KIND") return faultKinds;
  return choices(word) ?? [];
}

/** What Tab offers for the last word of `line`. @returns whole words, and the beginning that they complete */
export function completions(hub: Hub, line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const begun = words.at(-1) ?? "";
  const names = words.length === 1 ? [...commands.keys()] : undefined;
  const usage = wordsOf(commands.get(words[0])?.usage ?? "");
  const found = names ?? candidates(hub, usage[words.length - 2] ?? "");
  return [found.filter((word) => word.startsWith(begun)), begun];
}

/** @returns the answer, in printable lines; a refusal is an answer too */
export async function runCommand(hub: Hub, line: string, bench: Bench = noBench): Promise<string> {
  const [name, ...words] = line.trim().split(/\s+/);
  if (name === "") return "";
  const command = commands.get(name);
  if (command === undefined) return printable(`no such command: ${name}. Try help.`);
  const wrong = misuse(name, command.usage, words);
  if (wrong !== undefined) return printable(wrong);
  try {
    const answer = await command.run(hub, words, words.join(" "), bench);
    return typeof answer === "string" ? printable(answer) : answer.map(printable).join("\n");
  } catch (error) {
    const expected = error instanceof Refusal || error instanceof SyntaxError || "code" in (error as object);
    if (expected) return printable((error as Error).message);
    throw error;
  }
}

/** @throws Refusal */
function countOf(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Refusal(`"${text}" is no number of devices`);
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
  const n = number === undefined ? undefined : Number(number);
  if (times !== undefined && !/^[1-9]\d*$/.test(times)) throw new Refusal(`"${times}" is no number of downloads`);
  const fault = faultOf({ kind, after: n, at: n, extra: n, offset: n, status: n });
  if (isText(fault)) return fault;
  hub.faults.set(fault, Number(times ?? 1));
  return `the next download gets: ${kind} ${number ?? ""}`;
}
