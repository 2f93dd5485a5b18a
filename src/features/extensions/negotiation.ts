/*
 * Negotiation: chooses the version of an extension to join with (nerves_hub_web, docs/extensions_protocol.md). Pure.
 *
 * It is the first of the extension's versions that the server lists. Versions are compared as texts, never by order.
 */

import { fieldsOf, isObject } from "../../../modules/json/fields.js";
import type { Extension } from "./extension.js";

/** Versions by key, as `extensions:get` listed them; undefined when the server lists none (before August 2026). */
export type Offered = ReadonlyMap<string, readonly string[]> | undefined;

/** @param keys keys of the link's extensions; other keys of the payload are ignored */
export const offeredVersions = (payload: unknown, keys: Iterable<string>): Offered => {
  const listed = fieldsOf(payload)["extensions"];
  if (!isObject(listed) || Array.isArray(listed)) return undefined;
  const offered = new Map<string, readonly string[]>();
  for (const key of keys) {
    const versions: unknown = listed[key];
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
