/*
 * ArchiveOffer: the server's `archive` message, checked and bounded. Pure.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { maxUpdateUrlCharacters } from "../../update/offer.js";
import type { Archive } from "./archive.js";

export interface ArchiveOffer extends Archive {
  /** A credential: presigned for an hour. It must never be logged. */
  readonly url: string;
}

const textOr = (value: unknown, otherwise: string): string => {
  return typeof value === "string" ? value : otherwise;
};

/** @returns undefined when the payload lacks a URL, uuid or size that can be used */
export const parseArchiveOffer = (payload: unknown): ArchiveOffer | undefined => {
  const message = fieldsOf(payload);
  const { url, uuid, size, uploaded_at: uploadedAt } = message;
  if (typeof url !== "string" || url === "" || url.length > maxUpdateUrlCharacters) return undefined;
  if (typeof uuid !== "string" || uuid === "" || uuid.length > 64) return undefined;
  if (typeof size !== "number" || !Number.isInteger(size) || size <= 0) return undefined;
  return {
    url,
    uuid,
    size,
    version: textOr(message["version"], "unknown"),
    description: textOr(message["description"], ""),
    platform: textOr(message["platform"], "generic"),
    architecture: textOr(message["architecture"], "generic"),
    // The server sends UTC without a time zone.
    uploadedAt: typeof uploadedAt === "string" ? `${uploadedAt}Z` : undefined,
  };
};
