/*
 * Which version of an extension a device asks for (nerves_hub_web, docs/extensions_protocol.md). Pure.
 *
 * Versions are compared as texts, never computed with: the first of our own that the server has listed.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import type { Extension } from "./extension.js";

/** Versions by key, as `extensions:get` listed them; undefined when the server lists none (before August 2026). */
export type Offered = ReadonlyMap<string, readonly string[]> | undefined;

/** @param keys the extensions we have; nothing else of the payload is looked at */
export const offeredVersions = (payload: unknown, keys: Iterable<string>): Offered => {
  const listed = fieldsOf(payload)["extensions"];
  if (typeof listed !== "object" || listed === null || Array.isArray(listed)) return undefined;
  const offered = new Map<string, readonly string[]>();
  for (const key of keys) {
    const versions: unknown = (listed as Record<string, unknown>)[key];
    if (Array.isArray(versions)) {
      offered.set(
        key,
        versions.filter((version) => typeof version === "string"),
      );
    }
  }
  return offered;
};

/** @returns the version to join with, or undefined to leave the extension out */
export const chooseVersion = ({ key, versions }: Extension, offered: Offered): string | undefined => {
  if (offered === undefined) return versions.at(-1);
  const listed = offered.get(key) ?? [];
  return versions.find((version) => listed.includes(version));
};

/** The names in an `attach` or `detach`: a list, one name, or "all". */
export const namesIn = (payload: unknown, all: Iterable<string>): string[] => {
  const given = fieldsOf(payload)["extensions"];
  if (given === "all") return [...all];
  if (typeof given === "string") return [given];
  return Array.isArray(given) ? given.filter((name) => typeof name === "string") : [];
};
