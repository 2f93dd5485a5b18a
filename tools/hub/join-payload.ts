/*
 * The device channel's join payload apart from firmware: API version, meta, keys asked for. What crashes the real
 * server's join crashes here, with a reason for the developer.
 */

import { ChannelCrash } from "./channel.js";
import { isObject, isText, type Json, type JsonObject } from "./json.js";
import { apiVersion } from "./version.js";

export type Validation = "validated" | "not_validated" | "unknown";

export interface JoinPayload {
  readonly fields: JsonObject;
  readonly apiVersion: string;
  readonly validation: Validation;
  readonly autoRevert: boolean | null;
  /** `currently_downloading_uuid` is a non-empty string: the in-flight record is kept. */
  readonly downloading: boolean;
  readonly wantsFwupKeys: boolean;
  readonly wantsArchiveKeys: boolean;
}

/** @returns "could not connect" for the one mistake that the real server refuses in words
 *  @throws ChannelCrash */
export function readJoinPayload(payload: Json): JoinPayload | "could not connect" {
  if (!isObject(payload)) throw new ChannelCrash("the join payload must be an object");
  const api = payload["device_api_version"];
  if (api !== undefined && !isText(api)) throw new ChannelCrash("device_api_version must be a string");
  const meta = payload["meta"] === undefined ? {} : payload["meta"];
  if (!isObject(meta)) throw new ChannelCrash("meta must be an object");
  const autoRevert = booleanOf(meta["firmware_auto_revert_detected"]);
  const validation = validationOf(meta["firmware_validated"]);
  if (autoRevert === undefined) return "could not connect";
  const downloading = payload["currently_downloading_uuid"];
  return {
    fields: payload,
    apiVersion: apiVersion(api),
    validation,
    autoRevert,
    downloading: isText(downloading) && downloading !== "",
    wantsFwupKeys: payload["fwup_public_keys"] === "on_connect",
    wantsArchiveKeys: payload["archive_public_keys"] === "on_connect",
  };
}

function validationOf(value: Json | undefined): Validation {
  if (value === undefined || value === null) return "unknown";
  if (typeof value !== "boolean") throw new ChannelCrash("meta.firmware_validated must be true, false or absent");
  return value ? "validated" : "not_validated";
}

/** @returns undefined for what the server's database cannot take as a boolean */
function booleanOf(value: Json | undefined): boolean | null | undefined {
  if (value === null) return null;
  if (value === undefined) return false;
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0") return false;
  return undefined;
}
