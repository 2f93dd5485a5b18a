/*
 * Recorded frames and ours, made comparable: what must differ between two runs (download URLs, numbers of deployment
 * groups, references of scripts) is taken out, and our script references are put where the recording has its own.
 */

import type { Json } from "../../../tools/hub/json.js";
import type { RawFrame } from "./raw-client.js";
import type { Recorded } from "./recording.js";

const opcodes = new Map([
  ["text", 1],
  ["binary", 2],
  ["continuation", 0],
  ["close", 8],
  ["ping", 9],
  ["pong", 10],
  ["reserved 0x3", 3],
]);

export function opcodeOf(op: string): number {
  return opcodes.get(op)!;
}

export class RecordedFrames {
  /** Script references of the recording, and ours in their place. */
  readonly #refs = new Map<string, string>();
  #ourRef = "";

  /** The payload of a recorded frame of the device. */
  payload(record: Recorded): Buffer {
    if (typeof record["hex"] === "string") return Buffer.from(record["hex"], "hex");
    if (typeof record["bytes"] === "number") return Buffer.alloc(record["bytes"]);
    let text = (record["data"] as string | undefined) ?? "";
    for (const [theirs, ours] of this.#refs) text = text.replace(JSON.stringify(theirs), JSON.stringify(ours));
    return Buffer.from(text);
  }

  /** Both sides of a comparison, the frame that came and the one that was recorded. */
  sides(frame: RawFrame, record: Recorded): { ours: unknown; theirs: unknown } {
    return { ours: this.#ours(frame), theirs: this.#theirs(record) };
  }

  #ours({ opcode, payload }: RawFrame): unknown {
    const op = [...opcodes].find(([, code]) => code === opcode)?.[0];
    if (op === "close") return { op, code: payload.length > 0 ? payload.readUInt16BE(0) : null };
    if (op !== "text") return { op, hex: payload.toString("hex") };
    const message = JSON.parse(payload.toString()) as Json[];
    const ref = plain(message);
    if (ref !== undefined) this.#ourRef = ref;
    return { op, message };
  }

  #theirs(record: Recorded): unknown {
    const { op } = record;
    if (op === "close") return { op, code: record["code"] };
    if (op !== "text") return { op, hex: record["hex"] };
    const message = JSON.parse(record["data"] as string) as Json[];
    const ref = plain(message);
    if (ref !== undefined) this.#refs.set(ref, this.#ourRef);
    return { op, message };
  }
}

/** Takes out what must differ; @returns the reference of a script, if it is one's. */
function plain(message: Json[]): string | undefined {
  const payload = message[4] as { [name: string]: Json };
  if (message[3] === "update") {
    payload["firmware_url"] = URL.canParse(String(payload["firmware_url"]));
    if (payload["deployment_id"] !== null) payload["deployment_id"] = 1;
  }
  if (message[3] !== "scripts/run" || payload["ref"] === "connecting_code") return undefined;
  const ref = String(payload["ref"]);
  payload["ref"] = ref.length;
  return ref;
}
