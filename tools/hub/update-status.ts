/*
 * What a status or a progress report does to a device's in-flight record: the closed list of words, what is stored, what
 * counts as an attempt, what blocks, what crashes.
 */

import { cut } from "../../modules/text/cut.js";
import { ChannelCrash } from "./channel.js";
import { refuseNul } from "./database.js";
import type { Device, InflightUpdate } from "./device.js";
import { isObject, isText, type Json, type JsonObject } from "./json.js";

const storable = new Set([
  ..."requested rescheduled ignored received started downloading updating completed failed expired".split(" "),
]);

/** Progress within one status is stored no more often than this, ms. */
const storeIntervalMs = 15_000;

/** What became of an update, for the timeline and for the group's penalty. */
export interface StatusOutcome {
  readonly text: string;
  /** The record is gone; blocked says for how long updates are held back, ms. */
  readonly ended: boolean;
}

/** @param penaltyMs how long `failed` and `ignored` block, ms; @throws ChannelCrash */
export function applyStatus(device: Device, payload: Json, nowMs: number, penaltyMs: number): StatusOutcome {
  if (!isObject(payload) || !isText(payload["status"])) throw new ChannelCrash("status_update needs a string status");
  const given = payload["status"];
  const fwupError = given.toLowerCase().includes("fwup error");
  const status = fwupError ? "failed" : given;
  const fields = fwupError ? { ...payload, reason: "fwup error" } : payload;
  const terminal = status === "failed" || status === "ignored" || (status === "rescheduled" && "delay_for" in fields);
  return terminal
    ? endUpdate(device, status, fields, nowMs, penaltyMs)
    : storeStatus(device, status, fields["progress"], nowMs);
}

/** @throws ChannelCrash; @returns undefined for a report without `value`, which is ignored */
export function applyProgress(
  device: Device,
  payload: Json,
  nowMs: number,
  penaltyMs: number,
): StatusOutcome | undefined {
  if (!isObject(payload) || payload["value"] === undefined) return undefined;
  const { value, stage } = payload;
  if (stage === undefined || stage === null) {
    if (value === 100) return storeStatus(device, "completed", undefined, nowMs);
    return storeStatus(device, "updating", value, nowMs);
  }
  if (!isText(stage)) throw new ChannelCrash("stage must be a string");
  return applyStatus(device, { status: stage, progress: value }, nowMs, penaltyMs);
}

function endUpdate(
  device: Device,
  status: string,
  fields: JsonObject,
  nowMs: number,
  penaltyMs: number,
): StatusOutcome {
  const record = device.inflight;
  if (record === undefined) throw new ChannelCrash(`${status} although no update is in flight`);
  const reason = fields["reason"];
  if (reason !== undefined && reason !== null && !isText(reason)) throw new ChannelCrash("reason must be a string");
  refuseNul(reason, "the reason");
  const delay = fields["delay_for"];
  if (status === "rescheduled" && (typeof delay !== "number" || !Number.isInteger(delay))) {
    throw new ChannelCrash("delay_for must be a whole number of milliseconds");
  }
  countAttempt(device, record, nowMs);
  device.inflight = undefined;
  const why = isText(reason) && reason !== "" ? `: ${cut(reason, 200)}` : "";
  if (record.origin !== "group") return { text: `${status}${why}`, ended: true };
  const blockMs = status === "rescheduled" ? (delay as number) : penaltyMs;
  device.blockedUntil = nowMs + blockMs;
  return { text: `${status}${why}; blocked until ${new Date(device.blockedUntil).toISOString()}`, ended: true };
}

function storeStatus(device: Device, status: string, progress: Json | undefined, nowMs: number): StatusOutcome {
  if (!storable.has(status)) throw new ChannelCrash(`"${status}" is not a status the server knows`);
  const shown = status === "downloading" || status === "updating" ? progress : undefined;
  const record = device.inflight;
  const due = record === undefined || record.status !== status || nowMs - record.storedAt >= storeIntervalMs;
  const stored = due ? storedProgress(shown) : null;
  if (record === undefined) {
    device.attempted(nowMs);
    device.inflight = { firmwareUuid: null, origin: "phantom", status, progress: stored, ...at(nowMs) };
  } else {
    countAttempt(device, record, nowMs);
    record.touchedAt = nowMs;
    if (due) Object.assign(record, { status, progress: stored, storedAt: nowMs });
  }
  const phantom = record === undefined ? " (no update was in flight: this blocks updates until the next join)" : "";
  return {
    text: `${status}${shown === undefined || shown === null ? "" : ` ${String(shown)} %`}${phantom}`,
    ended: false,
  };
}

/** @throws ChannelCrash for what the server's database does not take as an integer */
function storedProgress(value: Json | undefined): number | null {
  if (value === undefined || value === null) return null;
  if (isText(value) && /^[+-]?\d+$/.test(value)) return Number(value);
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new ChannelCrash("progress must be a whole number");
}

/** The first report on an update is what counts as an attempt. */
function countAttempt(device: Device, record: InflightUpdate, nowMs: number): void {
  if (record.status === "requested") device.attempted(nowMs);
}

export function at(nowMs: number): { storedAt: number; touchedAt: number } {
  return { storedAt: nowMs, touchedAt: nowMs };
}
