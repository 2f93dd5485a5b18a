/*
 * The harness of the portable suites on XS, in place of test/support/harness.ts (which is mocha): the same names with the same
 * meaning. The generated main names the suites and calls `run`.
 *
 * Two things that only XS needs: a turn of the event loop between suites, so that timers fire and the collector runs;
 * and a full collection at the end, since XS reports a rejected promise only when it is collected.
 */

import Debug from "debug";
import Timer from "timer";
import { XsCrypto } from "../../hosts/xs/crypto.js";
import { machineFacts } from "../../hosts/xs/machine.js";
import { equal, show } from "./equal.js";

// XS calls this before it gives up (the abortHook define); it prints what was thrown.
Object.assign(globalThis, {
  abort(reason: string, error: unknown) {
    trace(`${reason}: ${show(error)}\n${error instanceof Error ? error.stack : ""}\n`);
  },
});

type Body = () => unknown;

interface Test {
  readonly name: string;
  readonly body: Body;
}

interface Suite {
  readonly name: string;
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly tests: Test[];
  readonly suites: Suite[];
}

/** One test or hook that awaits may take this long; an endless loop is ended by the loader's deadline. */
const testTimeoutMs = 60_000;

function newSuite(name: string): Suite {
  return { name, before: [], after: [], beforeEach: [], afterEach: [], tests: [], suites: [] };
}

const enter = native("test_enter") as (what: string) => void;
/** A variable of the environment. */
export const environment = native("test_environment") as (name: string) => string | undefined;
const file = native("test_file") as (path: string) => ArrayBuffer;
const exit = native("test_exit") as (status: number) => never;

const root = newSuite("");
let open = root;
const failures: string[] = [];
let passed = 0;

export function describe(name: string, body: () => void): void {
  const outer = open;
  open = newSuite(name);
  outer.suites.push(open);
  body();
  open = outer;
}

export function it(name: string, body: Body): void {
  open.tests.push({ name, body });
}

export function before(body: Body): void {
  open.before.push(body);
}

export function after(body: Body): void {
  open.after.push(body);
}

export function beforeEach(body: Body): void {
  open.beforeEach.push(body);
}

export function afterEach(body: Body): void {
  open.afterEach.push(body);
}

class AssertionError extends Error {
  override get name(): string {
    return "AssertionError";
  }
}

function fail(message: string): never {
  throw new AssertionError(message);
}

function checkError(error: unknown, check: (error: Error) => boolean): void {
  if (check(error as Error) !== true) fail(`the error is not the expected one: ${show(error)}`);
}

export const assert = {
  ok(value: unknown, message?: string): void {
    if (!value) fail(message ?? `${show(value)} is not truthy`);
  },
  equal(actual: unknown, expected: unknown, message?: string): void {
    if (!Object.is(actual, expected)) fail(`${message ? `${message}: ` : ""}${show(actual)} is not ${show(expected)}`);
  },
  deepEqual(actual: unknown, expected: unknown, message?: string): void {
    if (!equal(actual, expected)) fail(`${message ? `${message}: ` : ""}${show(actual)} is not ${show(expected)}`);
  },
  match(actual: string, expected: RegExp, message?: string): void {
    if (!expected.test(actual)) fail(message ?? `${show(actual)} does not match ${expected}`);
  },
  throws(body: () => unknown, check: (error: Error) => boolean): void {
    try {
      body();
    } catch (error) {
      checkError(error, check);
      return;
    }
    fail("nothing was thrown");
  },
  async rejects(promise: Promise<unknown>, check: (error: Error) => boolean): Promise<void> {
    try {
      await promise;
    } catch (error) {
      checkError(error, check);
      return;
    }
    fail("the promise was not rejected");
  },
  fail,
};

export const crypto = new XsCrypto();

const fixtures = environment("NERVESHUB_FIXTURES");

/** A file of test/fixtures, by its path below that folder. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(file(`${fixtures}/${path}`));
}

/** A figure that a suite has found, for whoever reads the run. */
export function report(line: string): void {
  trace(`    ${line}\n`);
}

/** Bytes of the machine's chunks and slots that are in use after a collection. */
export function heapInUse(): number {
  Debug.gc();
  const { xsChunks = 0, xsSlots = 0 } = machineFacts();
  return xsChunks + xsSlots;
}

/** How far that goes up and down by itself, in bytes. */
export const heapNoise = 4096;

/** How much of the stack is in use, in slots: as many on Linux as on a device, which has 1,024. */
export const stackInUse = native("test_stack") as () => number;

/** Milliseconds of CPU that this program has used. */
export const cpuMs = native("test_cpu") as () => number;

/**
 * Enumerations take every `stride`-th case: XS needs about thirty times the time of V8, and the cases are the same.
 * NERVESHUB_STRIDE=1 takes them all.
 */
export const stride = Number(environment("NERVESHUB_STRIDE") ?? 16);

/** For suites of what only XS has: real sockets answer in their own time. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resume) => Timer.set(() => resume(), delayMs));
}

async function withTimeout(promise: Promise<unknown>): Promise<void> {
  let timer: Timer | undefined;
  const timeout = new Promise((_, reject) => {
    timer = Timer.set(() => reject(new AssertionError(`not done after ${testTimeoutMs} ms`)), testTimeoutMs);
  });
  try {
    await Promise.race([promise, timeout]);
  } finally {
    Timer.clear(timer);
  }
}

async function attempt(name: string, bodies: Body[]): Promise<boolean> {
  enter(name.slice(0, 60));
  try {
    for (const body of bodies) {
      const result = body();
      if (result instanceof Promise) await withTimeout(result);
    }
    return true;
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? show(error)) : show(error);
    failures.push(name);
    trace(`  FAILED ${name}\n    ${show(error)}\n    ${stack.split("\n").slice(1, 8).join("\n    ")}\n`);
    return false;
  }
}

async function runSuite(suite: Suite, path: string, outer: { beforeEach: Body[]; afterEach: Body[] }): Promise<void> {
  const beforeEach = [...outer.beforeEach, ...suite.beforeEach];
  const afterEach = [...suite.afterEach, ...outer.afterEach];
  if (!(await attempt(`${path} (before)`, suite.before))) return;
  for (const test of suite.tests) {
    const name = `${path} › ${test.name}`;
    const good = await attempt(name, [...beforeEach, test.body]);
    const tidied = await attempt(`${name} (afterEach)`, afterEach);
    if (good && tidied) passed++;
  }
  for (const inner of suite.suites) await runSuite(inner, `${path} › ${inner.name}`, { beforeEach, afterEach });
  await attempt(`${path} (after)`, suite.after);
}

async function load(suite: string): Promise<void> {
  enter(`loading ${suite}`.slice(0, 60));
  try {
    await import(suite);
  } catch (error) {
    failures.push(suite);
    trace(`  FAILED ${suite} cannot be loaded\n    ${show(error)}\n`);
  }
}

/**
 * Loads and runs `suites` (module names), or the one that NERVESHUB_SUITE names, prints each failure and a summary, and ends
 * the program with 0 or 1.
 */
export async function run(suites: string[]): Promise<void> {
  const alone = environment("NERVESHUB_SUITE");
  for (const suite of alone === undefined ? suites : [alone]) await load(suite);
  for (const suite of root.suites) {
    const start = Date.now();
    await runSuite(suite, suite.name, root);
    await pause(1);
    trace(`${suite.name} (${Date.now() - start} ms)\n`);
  }
  enter("the collection at the end: a promise was rejected and nobody looked");
  Debug.gc();
  await pause(1);
  trace(`${passed} passed, ${failures.length} failed\n`);
  exit(failures.length > 0 || passed === 0 ? 1 : 0);
}
