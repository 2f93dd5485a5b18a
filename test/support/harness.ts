/*
 * What a suite may use on every engine. Suites named `*.test.ts` import only this, the product and other portable test
 * files, and run on Node (mocha) and on XS (test/xs/harness.ts is mapped over this file there). Suites that need Node
 * are named `*.node.test.ts` and may import what they like.
 */

import { deepStrictEqual, fail, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export { after, afterEach, before, beforeEach, describe, it } from "mocha";
export { nodeCrypto as crypto } from "../../hosts/node/crypto.js";

/** The checks that exist on every engine; `throws` takes a predicate over the error. */
export const assert = {
  ok: (value: unknown, message?: string): void => ok(value, message),
  equal: (actual: unknown, expected: unknown, message?: string): void => strictEqual(actual, expected, message),
  deepEqual: (actual: unknown, expected: unknown, message?: string): void => deepStrictEqual(actual, expected, message),
  match: (actual: string, expected: RegExp, message?: string): void => match(actual, expected, message),
  throws: (body: () => unknown, check: (error: Error) => boolean): void => throws(body, check),
  rejects: (promise: Promise<unknown>, check: (error: Error) => boolean): Promise<void> => rejects(promise, check),
  fail: (message: string): never => fail(message),
};

// As on XS: a rejection that nobody has looked at fails the run. Mocha by itself passes it over.
process.on("unhandledRejection", (reason) => {
  throw reason;
});

/** A file of test/fixtures, by its path below that folder. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../test/fixtures/${path}`, import.meta.url)));
}

/** A figure that a suite has found, for whoever reads the run. */
export function report(line: string): void {
  process.stdout.write(`    ${line}\n`);
}

/** How much of the stack is in use, in the engine's own unit: calls here, slots on XS. */
export function stackInUse(): number {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  const calls = (new Error().stack ?? "").split("\n").length;
  Error.stackTraceLimit = stackTraceLimit;
  return calls;
}

/** Milliseconds of CPU that this program has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Enumerations take every `stride`-th case: all of them here, fewer where the engine is slower. */
export const stride = 1;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of the engine's heap that are in use after a collection. */
export function heapInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** How far that goes up and down by itself, in bytes: compiled code, mostly. */
export const heapNoise = 1_500_000;
