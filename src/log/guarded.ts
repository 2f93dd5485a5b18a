/*
 * Guarded calls: the one way to call an application's function (callback, provider, writer, command, extension) or other
 * code that must not take the link down. `tell` ignores the result, `take` needs a value at once, `ask` also awaits a promise.
 *
 * The rule it guards: a function that throws, rejects, is late or returns a wrong value is named in the log, has the outcome
 * that its caller states (docs/application.md, "When a function fails"), and costs nothing else. A result after the deadline,
 * or after the call was cancelled, changes nothing. A promise inside a returned value was never awaited: its rejection is
 * handled, and where a value is needed, the value counts as wrong.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { isThenable, settle } from "../../modules/fault/settle.js";
import type { Timer, Timers } from "../../modules/platform/timers.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import type { Level, Log } from "./log.js";
import { unawaited } from "./unawaited.js";

/** The kind of value that a function must return. */
export interface Kind<T> {
  /** Name of the kind in the log, which says "it returned … where an object is wanted": "an object". */
  readonly wanted: string;
  /**
   * Copies the properties that are used, so that an application's getters run here and nowhere else.
   * @param fulfilled whether the value comes from a fulfilled promise
   * @returns undefined when the value is of another kind
   */
  read(value: unknown, fulfilled: boolean): T | undefined;
}

/** How a function that is called repeatedly failed last: the same failure is not logged twice in a row. */
export interface LastFailure {
  how?: FailureKind;
}

/** How a function failed. */
export type FailureKind = "threw" | "rejected" | "late" | "wrong";

export interface Question<T> {
  log: Log;
  /** The function's name in the application: "validate", "writer.write". */
  name: string;
  body: () => unknown;
  /** Default: every value is accepted. */
  kind?: Kind<T>;
  /** How long a promise may take. Default: until the call is cancelled. */
  deadline?: { readonly timers: Timers; readonly ms: number };
  lastFailure?: LastFailure;
  /** Level of the log lines about failures; default "error". */
  level?: Level;
  /** Either `done` or `failed` is called, once; during `ask` when no promise was returned. */
  done(value: T): void;
  failed(fault: Fault, how: FailureKind): void;
}

/** Work: it is done when the function returns undefined, or when its promise fulfils with any value. */
export const work: Kind<true> = Object.freeze({
  wanted: "nothing or a promise",
  read: (value: unknown, fulfilled: boolean) => (fulfilled || value === undefined ? true : undefined),
});

export const yesOrNo: Kind<boolean> = Object.freeze({
  wanted: "true or false",
  read: (value: unknown) => (typeof value === "boolean" ? value : undefined),
});

/** An object's own enumerable properties. Lists, Maps and Sets are refused: their properties are not their entries. */
export const properties: Kind<Record<string, unknown>> = Object.freeze({
  wanted: "an object without promises",
  read: (value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    if (value instanceof Map || value instanceof Set) return undefined;
    return withoutPromises({ ...value });
  },
});

/** Refuses a copy that holds a promise, which a getter may have returned. @returns undefined then, with the promise handled */
export const withoutPromises = <T extends object>(copy: T): T | undefined => {
  const promises = unawaited(copy);
  handleRejections(promises, ignore);
  return promises.length === 0 ? copy : undefined;
};

const ignore = (): void => {};

/** Handles promises that nobody awaits, and promises inside their values. @param rejected called for each rejection */
const handleRejections = (promises: readonly unknown[], rejected: (error: unknown) => void): void => {
  for (const promise of promises)
    settle(
      () => promise,
      (value) => handleRejections(unawaited(value), rejected),
      rejected,
    );
};

/** Calls a function whose result nobody looks at. */
export const tell = (log: Log, name: string, body: () => unknown, lastFailure?: LastFailure): void => {
  const call = { log, name, lastFailure };
  settle(
    body,
    (value) => {
      if (!handlePromisesIn(call, value)) succeeded(lastFailure);
    },
    (error, how) => {
      handlePromisesIn(call, error);
      logFailure(call, how, failure(error).message);
    },
  );
};

/** Calls a function whose result is needed now. @returns undefined when it has failed, with the reason in the log */
export const take = <T>(
  log: Log,
  name: string,
  body: () => unknown,
  kind: Kind<T>,
  lastFailure?: LastFailure,
): T | undefined => {
  const call = { log, name, lastFailure };
  try {
    const value = body();
    if (isThenable(value)) {
      // Nobody awaits this promise, and its rejection must be handled all the same.
      handlePromisesIn(call, [value]);
      logFailure(call, "wrong", `it returned a promise where ${kind.wanted} is wanted`);
      return undefined;
    }
    const holdsPromise = handlePromisesIn(call, value);
    const taken = holdsPromise ? undefined : kind.read(value, false);
    if (taken === undefined) logFailure(call, "wrong", unwanted(value, false, holdsPromise, kind));
    else succeeded(lastFailure);
    return taken;
  } catch (error) {
    handlePromisesIn(call, error);
    logFailure(call, "threw", failure(error).message);
    return undefined;
  }
};

/** Calls a function and awaits its promise, if it returns one. @returns a function that cancels: a later result is only logged */
export const ask = <T>(question: Question<T>): (() => void) => {
  const { log, name, body, kind, deadline, lastFailure, done, failed } = question;
  let over = false;
  let timer: Timer | undefined;
  const end = (): void => {
    over = true;
    deadline?.timers.clear(timer);
  };
  const fail = (how: FailureKind, fault: Fault): void => {
    logFailure(question, how, fault.message);
    if (over) return;
    end();
    failed(fault, how);
  };
  const answered = (value: unknown, fulfilled: boolean): void => {
    const holdsPromise = handlePromisesIn(question, value);
    if (over) {
      log.info(`${name} has finished, when nobody waited for it any more; that changes nothing.`);
      return;
    }
    let answer: T | undefined;
    try {
      if (kind === undefined) answer = value as T;
      else if (!holdsPromise) answer = kind.read(value, fulfilled);
    } catch (error) {
      fail("threw", failure(error));
      return;
    }
    if (answer === undefined && kind !== undefined) {
      fail("wrong", new Fault("application", "wrong-kind", unwanted(value, fulfilled, holdsPromise, kind)));
      return;
    }
    if (!holdsPromise) succeeded(lastFailure);
    end();
    done(answer as T);
  };
  settle(body, answered, (error, how) => {
    handlePromisesIn(question, error);
    fail(how, failure(error));
  });
  if (!over && deadline !== undefined) {
    const { timers, ms } = deadline;
    const text = `it has not finished within ${Math.round(ms / 1000)} s`;
    timer = timers.set(() => fail("late", new Fault("application", "callback-late", text)), ms);
  }
  return end;
};

interface Call {
  readonly log: Log;
  readonly name: string;
  readonly lastFailure?: LastFailure;
  readonly level?: Level;
}

/** Logs a failure. @returns false when the same failure was logged before */
const logFailure = ({ log, name, lastFailure, level = "error" }: Call, how: FailureKind, text: string): boolean => {
  if (lastFailure?.how === how) return false;
  if (lastFailure !== undefined) lastFailure.how = how;
  log.write(level, how === "wrong" || how === "late" ? `${name}: ${text}.` : `${name} ${how}: ${text}`);
  return true;
};

/** Handles the promises inside a value. @returns false when there are none */
const handlePromisesIn = (call: Call, value: unknown): boolean => {
  const promises = unawaited(value);
  handleRejections(promises, call.lastFailure?.how === undefined ? rejectedOnce(call) : ignore);
  return promises.length > 0;
};

/** Logs the first rejection among the promises inside a returned value. */
const rejectedOnce = (call: Call): ((error: unknown) => void) => {
  let rejected = false;
  return (error) => {
    // This rejection does not replace the call's own failure in `said`.
    const of = call.lastFailure?.how === undefined ? call : { ...call, lastFailure: undefined };
    if (!rejected) logFailure(of, "rejected", failure(error).message);
    rejected = true;
  };
};

const succeeded = (lastFailure: LastFailure | undefined): void => {
  if (lastFailure !== undefined) lastFailure.how = undefined;
};

const failure = (error: unknown): Fault => {
  return asFault(error, "application", "callback-threw");
};

const unwanted = (value: unknown, fulfilled: boolean, holdsPromise: boolean, { wanted }: Kind<unknown>): string => {
  const what = holdsPromise ? `${shown(value)} with a promise in it that nobody has awaited` : shown(value);
  return `${fulfilled ? "its promise came to" : "it returned"} ${what} where ${wanted} is wanted`;
};

/** A wrong value in words, as short as an operator needs. */
const shown = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return `the text "${printable(cut(value, 32))}"`;
    case "object":
      return value === null ? "null" : "an object";
    case "undefined":
    case "boolean":
    case "number":
      return String(value);
    default:
      return `a ${typeof value}`;
  }
};
