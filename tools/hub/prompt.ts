/*
 * The hub's command prompt: one line, one command, the answer in words. The commands are a table, so that `help` cannot
 * lie.
 */

import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { modeOf } from "./api.js";
import { faultOf } from "./download-faults.js";
import type { Hub } from "./hub.js";
import { isText } from "./json.js";
import { Refusal } from "./operator.js";
import { timelineLine } from "./timeline.js";

interface Command {
  /** What follows the name. */
  readonly usage: string;
  readonly help: string;
  run(hub: Hub, words: readonly string[], rest: string): string | Promise<string>;
}

/** The words after the first `n`, as one text. */
const from = (rest: string, n: number) => rest.split(/\s+/).slice(n).join(" ");

const commands = new Map<string, Command>([
  ["help", { usage: "", help: "this list", run: () => helpText() }],
  ["devices", { usage: "", help: "who is there", run: (hub) => deviceLines(hub) }],
  ["show", { usage: "DEVICE", help: "all that is known of a device", run: (hub, [id]) => showDevice(hub, id) }],
  ["timeline", { usage: "[DEVICE]", help: "what happened", run: (hub, [id]) => timelineLines(hub, id) }],
  ["firmware", { usage: "", help: "the images, newest first", run: (hub) => firmwareLines(hub) }],
  [
    "push",
    {
      usage: "DEVICE IMAGE [delta]",
      help: "send an image (version, uuid or file)",
      run: (hub, [id, what, delta]) => hub.operator.push(id, what, delta === "delta"),
    },
  ],
  [
    "offer",
    {
      usage: "",
      help: "start a round of automatic offers now",
      run: (hub) => {
        hub.orchestrator.round();
        return "done";
      },
    },
  ],
  ["forgive", { usage: "DEVICE", help: "clear the penalty box", run: (hub, [id]) => hub.operator.clearPenalty(id) }],
  [
    "mode",
    {
      usage: "DEVICE MODE",
      help: "automatic, device_managed or off",
      run: (hub, [id, mode]) => hub.operator.setUpdateMode(id, modeOf(mode)),
    },
  ],
  ["reboot", { usage: "DEVICE", help: "ask for a restart", run: (hub, [id]) => hub.operator.reboot(id) }],
  [
    "identify",
    { usage: "DEVICE", help: "ask it to make itself noticed", run: (hub, [id]) => hub.operator.identify(id) },
  ],
  [
    "reconnect",
    { usage: "DEVICE", help: "close its socket with 1001", run: (hub, [id]) => hub.operator.reconnect(id) },
  ],
  [
    "script",
    {
      usage: "DEVICE TEXT",
      help: "run a support script",
      run: (hub, [id], rest) => hub.operator.script(id, from(rest, 1)),
    },
  ],
  [
    "type",
    {
      usage: "DEVICE TEXT",
      help: "type a line into its console",
      run: (hub, [id], rest) => hub.operator.consoleType(id, from(rest, 1)),
    },
  ],
  [
    "console",
    { usage: "DEVICE", help: "what its console has shown", run: (hub, [id]) => hub.operator.consoleOutput(id) },
  ],
  [
    "ask",
    {
      usage: "DEVICE EVENT [JSON]",
      help: "an extension event: health:check, geo:location:request, …",
      run: (hub, [id, event], rest) => hub.operator.extension(id, event, JSON.parse(from(rest, 2) || "{}")),
    },
  ],
  [
    "extension",
    {
      usage: "DEVICE NAME on|off",
      help: "switch an extension",
      run: (hub, [id, name, on]) => hub.operator.switchExtension(id, name, on === "on"),
    },
  ],
  [
    "fault",
    {
      usage: "KIND [NUMBER] [TIMES]",
      help: "break the next download; without KIND, clear",
      run: (hub, words) => setFault(hub, words),
    },
  ],
  ["quit", { usage: "", help: "stop the hub", run: () => "" }],
]);

/** Reads lines until `quit` or the end of the input. */
export async function runPrompt(hub: Hub, input: Readable, output: Writable): Promise<void> {
  const lines = createInterface({ input, output, prompt: "hub> " });
  const stop = new Promise<void>((resolve) => lines.once("SIGINT", resolve).once("close", resolve));
  lines.on("line", async (line) => {
    if (line.trim() === "quit") return lines.close();
    const answer = await runCommand(hub, line);
    if (answer !== "") output.write(`${answer}\n`);
    lines.prompt();
  });
  lines.prompt();
  await stop;
  lines.close();
}

/** @returns the answer; a refusal is an answer too */
export async function runCommand(hub: Hub, line: string): Promise<string> {
  const [name, ...words] = line.trim().split(/\s+/);
  if (name === "") return "";
  const command = commands.get(name);
  if (command === undefined) return `no such command: ${name}. Try help.`;
  const needed = command.usage.split(" ").filter((word) => word !== "" && !word.startsWith("[")).length;
  if (name !== "fault" && words.length < needed) return `usage: ${name} ${command.usage}`;
  try {
    return await command.run(hub, words, words.join(" "));
  } catch (error) {
    if (error instanceof Refusal || error instanceof SyntaxError) return error.message;
    throw error;
  }
}

function helpText(): string {
  return [...commands].map(([name, { usage, help }]) => `${`${name} ${usage}`.padEnd(32)} ${help}`).join("\n");
}

function deviceLines(hub: Hub): string {
  const lines = hub.devices().map((device) => {
    const { firmware, connection, inflight } = device;
    const update =
      inflight === undefined ? (hub.orchestrator.holdBack(device) ?? "update due") : `updating: ${inflight.status}`;
    const running = firmware === undefined ? "unknown firmware" : `${firmware.version} on ${firmware.platform}`;
    return `${device.identifier.padEnd(20)} ${connection.status.padEnd(13)} ${running.padEnd(24)} ${update}`;
  });
  return lines.length === 0 ? "no device has connected yet" : lines.join("\n");
}

function showDevice(hub: Hub, identifier: string): string {
  const device = hub.device(identifier);
  return device === undefined ? `no device is called ${identifier}` : JSON.stringify(device.summary(), undefined, 2);
}

function timelineLines(hub: Hub, identifier: string | undefined): string {
  return hub.timeline.entries(identifier).slice(-40).map(timelineLine).join("\n");
}

function firmwareLines(hub: Hub): string {
  const lines = hub.library
    .images()
    .map(
      ({ name, size, metadata: m }) =>
        `${m.version.padEnd(16)} ${m.platform.padEnd(9)} ${String(size).padStart(9)} bytes  ${name}`,
    );
  return lines.length === 0 ? "no images" : lines.join("\n");
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
