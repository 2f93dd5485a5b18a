/*
 * logging: 0.0.1 takes a line a message, 0.1.0 a batch. One bucket for both, five messages a second and ten at once;
 * what is over, and what the server's own check would refuse, is dropped without a word on the wire and counted here
 * (NervesHub, lib/nerves_hub/extensions/logging/batched.ex).
 */

import { cut } from "../../../modules/text/cut.js";
import { isObject, isText, type Json, type JsonObject } from "../json.js";
import { maxLogLineCharacters } from "../limits.js";
import { Bucket } from "./bucket.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

const linesInMessage = 100;
/** Lines kept for the JSON endpoint. */
const linesKept = 500;

export interface LogLine {
  readonly level: string;
  readonly message: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

export class Logging implements ServerExtension {
  readonly #context: ExtensionContext;
  readonly #bucket: Bucket;
  #lines: LogLine[] = [];
  #invalid = 0;
  #overfull = 0;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#bucket = new Bucket(context.clock, 5, 10);
  }

  attached(): void {}

  detached(): void {}

  receive(event: string, payload: Json): void {
    if (event !== "send") {
      this.#context.say(`unknown event ${event}`);
      return;
    }
    const batched = this.#context.version === "0.1.0";
    const lines = batched ? (isObject(payload) ? payload["lines"] : undefined) : [payload];
    if (!Array.isArray(lines)) {
      this.#context.say("a message of logging 0.1.0 needs a list of lines");
      return;
    }
    if (!this.#bucket.take()) {
      if (this.#bucket.dropped % 10 === 1)
        this.#context.say(`too fast: ${this.#bucket.dropped} messages dropped so far`);
      this.#keep();
      return;
    }
    for (const line of lines.slice(0, linesInMessage)) this.#store(line);
    const over = lines.length - linesInMessage;
    if (over > 0) {
      this.#overfull += over;
      this.#context.say(`dropped ${over} lines: a message may carry at most ${linesInMessage}`);
    }
    this.#keep();
  }

  #store(line: Json): void {
    const read = logLine(line);
    if (read === undefined) {
      this.#invalid++;
      this.#context.say("a line that the server would drop without a word", line);
      return;
    }
    this.#lines.push(read);
    this.#lines = this.#lines.slice(-linesKept);
    this.#context.say(`${read.level}: ${read.message}`);
  }

  #keep(): void {
    const dropped = { messages: this.#bucket.dropped, lines: this.#overfull, invalid: this.#invalid };
    this.#context.keep({ lines: this.#lines.map((line) => ({ ...line })), dropped });
  }
}

/** @returns undefined for a line that the server's own check refuses */
export function logLine(line: Json): LogLine | undefined {
  if (!isObject(line) || !isText(line["level"]) || line["level"] === "") return undefined;
  const message = messageText(line["message"]);
  const meta = line["meta"] ?? {};
  if (message === undefined || message === "" || !isObject(meta)) return undefined;
  if (!Object.values(meta).every((value) => isText(value) || value === null)) return undefined;
  const timestamp = "timestamp" in line ? isoTime(line["timestamp"]) : metaTime(meta);
  if (timestamp === undefined) return undefined;
  return { level: cut(line["level"], 64), message: cut(message, maxLogLineCharacters), timestamp };
}

function messageText(message: Json | undefined): string | undefined {
  if (message === undefined) return undefined;
  if (isText(message)) return message;
  if (message === null) return "nil";
  return Array.isArray(message) ? message.join("") : JSON.stringify(message);
}

/** ISO 8601, taken as UTC when it names no zone. */
function isoTime(value: Json): string | undefined {
  if (!isText(value) || value.length > 64 || !/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/.test(value)) return undefined;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`;
  return Number.isNaN(Date.parse(zoned)) ? undefined : zoned;
}

/** `time`: microseconds since 1970, as a string of digits. */
function metaTime(meta: JsonObject): string | undefined {
  const time = meta["time"];
  if (!isText(time) || !/^[+-]?\d+$/.test(time)) return undefined;
  const date = new Date(Number(time) / 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
