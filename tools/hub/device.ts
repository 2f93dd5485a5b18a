/*
 * What the hub remembers of one device, in memory: the counterpart of the real server's device row, connection row and
 * in-flight record.
 */

import type { FirmwareMetadata } from "./firmware-metadata.js";
import type { Validation } from "./join-payload.js";
import type { Json, JsonObject } from "./json.js";
import { maxAttempts } from "./limits.js";

/** The one firmware update a device may have under way. */
export interface InflightUpdate {
  /** null on a phantom: the device reported on an update that the hub knows nothing of. */
  readonly firmwareUuid: string | null;
  readonly origin: "group" | "manual" | "phantom";
  status: string;
  progress: number | null;
  /** When status and progress were last stored, and when the device last said something, ms since 1970. */
  storedAt: number;
  touchedAt: number;
}

export type InflightChanged = (
  device: Device,
  before: InflightUpdate | undefined,
  after: InflightUpdate | undefined,
) => void;

export type UpdateMode = "automatic" | "device_managed" | "off";

export interface Connection {
  status: "connecting" | "connected" | "disconnected";
  apiVersion: string;
  interface: "wifi" | "ethernet" | "cellular" | "unknown" | null;
  connectionTypes: Json;
  location: Json;
}

export class Device {
  readonly identifier: string;
  firmware: FirmwareMetadata | undefined;
  validation: Validation = "unknown";
  autoRevert: boolean | null = false;
  #inflight: InflightUpdate | undefined;
  /** When each counted attempt began, ms since 1970; cleared by a join with another uuid or by hand. */
  attempts: number[] = [];
  /** ms since 1970. */
  blockedUntil: number | undefined;
  /** Updates that the server counted as successful: joins with another uuid than before, or with none. */
  updateStatistics = 0;
  updateMode: UpdateMode = "automatic";
  managedUpdatesAllowed: boolean;
  /** The deployment group, entered at a join; null while in none. */
  groupId: number | null = null;
  tags: string[] = [];
  deleted = false;
  connection: Connection = freshConnection("disconnected");
  connectingCode: string | undefined;
  /** Extensions the operator has switched off for this device. */
  readonly extensionsOff = new Set<string>();
  /** What the last extension reports said, by extension. */
  readonly reports = new Map<string, Json>();
  readonly #inflightChanged: InflightChanged;

  /** @param inflightChanged told of every update that begins or ends */
  constructor(identifier: string, managedUpdatesAllowed: boolean, inflightChanged: InflightChanged = () => {}) {
    this.identifier = identifier;
    this.managedUpdatesAllowed = managedUpdatesAllowed;
    this.#inflightChanged = inflightChanged;
  }

  get inflight(): InflightUpdate | undefined {
    return this.#inflight;
  }

  set inflight(update: InflightUpdate | undefined) {
    const before = this.#inflight;
    this.#inflight = update;
    if (before !== update) this.#inflightChanged(this, before, update);
  }

  /** An attempt began. */
  attempted(nowMs: number): void {
    this.attempts.push(nowMs);
    if (this.attempts.length > maxAttempts) this.attempts.shift();
  }

  /** Forgets failures: what a success or an operator does. */
  clearPenalty(): void {
    this.attempts = [];
    this.blockedUntil = undefined;
  }

  /** For the JSON endpoint and for people. */
  summary(): JsonObject {
    return {
      identifier: this.identifier,
      connection: this.connection.status,
      device_api_version: this.connection.apiVersion,
      interface: this.connection.interface,
      connection_types: this.connection.connectionTypes,
      location: this.connection.location,
      firmware: this.firmware === undefined ? null : { ...this.firmware },
      validation: this.validation,
      auto_revert: this.autoRevert,
      inflight: this.inflight === undefined ? null : inflightSummary(this.inflight),
      update_attempts: this.attempts.length,
      update_statistics: this.updateStatistics,
      updates_blocked_until: this.blockedUntil === undefined ? null : new Date(this.blockedUntil).toISOString(),
      update_mode: this.updateMode,
      managed_updates_allowed: this.managedUpdatesAllowed,
      deployment_id: this.groupId,
      tags: this.tags,
      reports: Object.fromEntries(this.reports),
    };
  }
}

function inflightSummary(update: InflightUpdate): JsonObject {
  const { status, progress, origin } = update;
  return { status, progress, origin, firmware_uuid: update.firmwareUuid };
}

export function freshConnection(status: Connection["status"]): Connection {
  return { status, apiVersion: "1.0.0", interface: null, connectionTypes: null, location: null };
}
