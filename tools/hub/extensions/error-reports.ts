/*
 * error_reports 0.1.0: batches of errors within the server's limits (NervesHub, docs/error_reports.md).
 */

import { isObject, isText, type Json, type JsonObject, member, sizeOf } from "../json.js";
import { maxErrorReportBytes } from "../limits.js";
import { Bucket } from "./bucket.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

const reportsInMessage = 25;
const reasonBytes = 2048;
const messageBytes = 8192;
const framesInReport = 30;
const contextKeys = 32;
const contextBytes = 512;
/** Reports kept for the JSON endpoint. */
const reportsKept = 100;

export class ErrorReports implements ServerExtension {
  readonly #context: ExtensionContext;
  readonly #bucket: Bucket;
  #reports: JsonObject[] = [];
  #discarded = 0;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#bucket = new Bucket(context.clock, 1, 5);
  }

  attached(): void {}

  detached(): void {}

  receive(event: string, payload: Json): void {
    const reports = member(payload, "reports");
    if (event !== "report" || !Array.isArray(reports)) {
      this.#context.say(`unusable ${event}: it needs a list of reports`);
      return;
    }
    if (this.#bucket.take()) {
      for (const report of reports.slice(0, reportsInMessage)) this.#store(report);
      this.#discarded += Math.max(0, reports.length - reportsInMessage);
      this.#reports = this.#reports.slice(-reportsKept);
    } else this.#context.say(`too fast: ${this.#bucket.dropped} messages dropped so far`);
    const dropped = { messages: this.#bucket.dropped, reports: this.#discarded };
    this.#context.keep({ reports: this.#reports, dropped });
  }

  #store(report: Json): void {
    if (!isObject(report) || !["timestamp", "kind", "reason"].every((name) => isText(report[name]))) {
      this.#discarded++;
      this.#context.say("a report without timestamp, kind or reason is dropped", report);
      return;
    }
    const { context, frames } = report;
    const kept: JsonObject = { ...report, reason: cut(report["reason"] as string, reasonBytes) };
    if (isText(report["message"])) kept["message"] = cut(report["message"], messageBytes);
    if (Array.isArray(frames)) kept["frames"] = frames.slice(0, framesInReport);
    if (isObject(context)) kept["context"] = boundedContext(context);
    if (sizeOf(kept, maxErrorReportBytes) === undefined) {
      this.#discarded++;
      this.#context.say("a report that is too large is dropped");
      return;
    }
    this.#reports.push(kept);
    this.#context.say(`${kept["kind"]}: ${kept["reason"]}`, report);
  }
}

function boundedContext(context: JsonObject): JsonObject {
  const entries = Object.entries(context).filter(([, value]) => isText(value));
  return Object.fromEntries(
    entries.slice(0, contextKeys).map(([key, value]) => [key, cut(value as string, contextBytes)]),
  );
}

function cut(text: string, bytes: number): string {
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString("utf8")
    .replace(/\uFFFD$/, "");
}
