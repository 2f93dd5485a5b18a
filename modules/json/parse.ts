/*
 * JSON from outside.
 *
 * Two things make plain JSON.parse unsafe on XS. It recurses, and a stack overflow ends the machine: so the depth is
 * checked before parsing. It interns every property name for ever, which is a memory leak that a peer controls: so only
 * names that the caller knows are kept, at every depth.
 */

import { Fault } from "../fault/fault.js";

/** Levels of brackets in JSON. The server's deepest message has 4; XS overflowed its stack at 1,000 (300 passed). */
export const maxJsonDepth = 32;

// On XS an array in place of the reviver is the list of names to keep; other engines ignore it (ECMA-262 §25.5.1).
type ParseWithNames = (text: string, names: readonly string[]) => unknown;
const parseWithNames = JSON.parse as unknown as ParseWithNames;
const engineKeepsNames = Object.keys(parseWithNames('{"a":1}', ["b"]) as object).length === 0;

/** Drops all other names on engines that ignore the list, so that a suite on Node sees what a device sees. */
const keepNames = (value: unknown, names: readonly string[]): unknown => {
  if (Array.isArray(value)) return value.map((item) => keepNames(item, names));
  if (typeof value !== "object" || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    if (names.includes(name)) kept[name] = keepNames(item, names);
  }
  return kept;
};

/** @returns how deep the brackets of `text` nest, outside strings */
const depth = (text: string): number => {
  let deepest = 0;
  let level = 0;
  let inString = false;
  let escaped = false;
  for (const character of text) {
    if (inString) {
      if (escaped) escaped = false;
      else if (character === "\\") escaped = true;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") {
      level++;
      if (level > deepest) deepest = level;
    } else if (character === "]" || character === "}") level--;
  }
  return deepest;
};

/**
 * Parses JSON from outside.
 * @param names the property names to keep; all others vanish, at every depth
 * @throws Fault of stage "channel": "bad-json" or "json-too-deep"
 */
export const parseJson = (text: string, names: readonly string[]): unknown => {
  if (depth(text) > maxJsonDepth) {
    throw new Fault("channel", "json-too-deep", `The server sent JSON nested deeper than ${maxJsonDepth} levels.`);
  }
  try {
    const value = parseWithNames(text, names);
    return engineKeepsNames ? value : keepNames(value, names);
  } catch (error) {
    throw new Fault("channel", "bad-json", "The server sent text that is not JSON.", error);
  }
};
