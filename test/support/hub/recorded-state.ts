/*
 * The recorded server's database beside our hub's memory: the fields that both have, in one shape.
 */

import type { Hub } from "../../../tools/hub/hub.js";
import type { Json, JsonObject } from "../../../tools/hub/json.js";

interface RecordedState {
  readonly connection: { readonly status: string; readonly interface: Json; readonly metadata: JsonObject } | null;
  readonly firmware: JsonObject | null;
  readonly [field: string]: unknown;
}

/** Times are recorded in whole seconds, and the recorded orchestrator took up to 3 s to look at a device. */
const toleranceMs = 4000;

/** @returns both sides; equal when the hub knows what the server knew */
export function statesOf(hub: Hub, identifier: string, recorded: RecordedState): { ours: unknown; theirs: unknown } {
  const device = hub.device(identifier);
  if (device === undefined) return { ours: undefined, theirs: recorded };
  const until = recorded["updates_blocked_until"] as string | null;
  const theirEnd = until === null ? undefined : Date.parse(until.replace(" ", "T"));
  const near = theirEnd !== undefined && Math.abs((device.blockedUntil ?? 0) - theirEnd) <= toleranceMs;
  const ours = {
    connection: device.connection.status,
    interface: device.connection.interface,
    apiVersion: device.connection.apiVersion,
    connectionTypes: device.connection.connectionTypes,
    firmware: device.firmware ?? null,
    grouped: device.groupId !== null,
    validation: device.validation,
    attempts: device.attempts.length,
    blockedUntil: near ? theirEnd : device.blockedUntil,
    enabled: device.updateMode !== "off",
    autoRevert: device.autoRevert,
    inflight: inflight(device.inflight),
  };
  const theirs = {
    connection: recorded.connection?.status ?? null,
    interface: recorded.connection?.interface ?? null,
    apiVersion: recorded.connection?.metadata["device_api_version"] ?? "1.0.0",
    connectionTypes: recorded.connection?.metadata["connection_types"] ?? null,
    firmware: recorded.firmware === null ? null : { ...ours.firmware, ...recorded.firmware },
    grouped: recorded["deployment_id"] !== null,
    validation: recorded["validation"],
    attempts: recorded["update_attempts"],
    blockedUntil: theirEnd,
    enabled: recorded["updates_enabled"],
    autoRevert: recorded["auto_revert"],
    inflight: recorded["inflight"],
  };
  return { ours, theirs };
}

function inflight(update: { status: string; progress: number | null; firmwareUuid: string | null } | undefined): Json {
  if (update === undefined) return null;
  const { status, progress, firmwareUuid } = update;
  return { status, progress, firmware_uuid: firmwareUuid };
}
