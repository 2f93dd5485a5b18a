/*
 * The one way to call a function that an application has handed in (callbacks, providers, writers, commands, extensions),
 * and any other code that must not take the link down. `tell` wants nothing back, `take` wants a value now, `ask` waits for
 * a promise as well.
 *
 * The rule it guards: a function that throws, rejects, is late or returns something else than it should is named in the
 * log, has the outcome that its caller states (docs/application.md, "When a function fails"), and costs nothing else. What comes after
 * its deadline, or after it was called off, changes nothing any more. A promise inside what a function gives back is one that
 * nobody has awaited: it is looked at, whatever becomes of it, and where a value is wanted it is the wrong one.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import { isThenable, settle } from "../../modules/fault/settle.js";
import type { Timer, Timers } from "../../modules/platform/timers.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import type { Level, Log } from "./log.js";
import { unawaited } from "./unawaited.js";

/** What a function is to give back. */
export interface Kind<T> {
  /** For the log, behind "where": "an object is wanted". */
  readonly wanted: string;
  /**
   * Copies what is used, so that a getter of the application runs here and nowhere else.
   * @param fulfilled it is what a promise came to
   * @returns undefined when it is something else
   */
  read(value: unknown, fulfilled: boolean): T | undefined;
}

/** For a function that is called again and again: how it has failed, so that each way is said once until it does well. */
export interface Said {
  how?: How;
}

/** How a function failed. */
export type How = "threw" | "rejected" | "late" | "wrong";

export interface Question<T> {
  log: Log;
  /** As the application calls it: "validate", "writer.write". */
  name: string;
  body: () => unknown;
  /** Default: whatever comes is taken as it is. */
  kind?: Kind<T>;
  /** How long a promise may take. Default: until it is called off. */
  deadline?: { readonly timers: Timers; readonly ms: number };
  said?: Said;
  /** Of the lines about failures; default "error". */
  level?: Level;
  /** Comes once, or `failed` does; from inside `ask` where no promise was returned. */
  done(value: T): void;
  failed(fault: Fault, how: How): void;
}

/** Work that is done when the function returns nothing, or when its promise fulfils, with whatever. */
export const work: Kind<true> = Object.freeze({
  wanted: "nothing or a promise",
  read: (value: unknown, fulfilled: boolean) => (fulfilled || value === undefined ? true : undefined),
});

export const yesOrNo: Kind<boolean> = Object.freeze({
  wanted: "true or false",
  read: (value: unknown) => (typeof value === "boolean" ? value : undefined),
});

/** Its own enumerable properties. Of a list, a Map or a Set they are not what was meant. */
export const properties: Kind<Record<string, unknown>> = Object.freeze({
  wanted: "an object without promises",
  read: (value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    if (value instanceof Map || value instanceof Set) return undefined;
    return withoutPromises({ ...value });
  },
});

/** What a kind has copied: a getter may have given it a promise. @returns undefined when there is one, which is looked at */
export const withoutPromises = <T extends object>(copy: T): T | undefined => {
  const promises = unawaited(copy);
  look(promises, ignore);
  return promises.length === 0 ? copy : undefined;
};

const ignore = (): void => {};

/** Looks at promises that nobody waits for, and at what is in what they come to. @param rejected for each that rejects */
const look = (promises: readonly unknown[], rejected: (error: unknown) => void): void => {
  for (const promise of promises)
    settle(
      () => promise,
      (value) => look(unawaited(value), rejected),
      rejected,
    );
};

/** Calls a function whose result nobody looks at. */
export const tell = (log: Log, name: string, body: () => unknown, said?: Said): void => {
  const call = { log, name, said };
  settle(
    body,
    (value) => {
      if (!lookInto(call, value)) well(said);
    },
    (error, how) => {
      lookInto(call, error);
      complain(call, how, failure(error).message);
    },
  );
};

/** Calls a function whose result is needed now. @returns undefined when it has failed, with the reason in the log */
export const take = <T>(log: Log, name: string, body: () => unknown, kind: Kind<T>, said?: Said): T | undefined => {
  const call = { log, name, said };
  try {
    const value = body();
    if (isThenable(value)) {
      // Nobody waits for it, and what it rejects with must be looked at all the same.
      lookInto(call, [value]);
      complain(call, "wrong", `it returned a promise where ${kind.wanted} is wanted`);
      return undefined;
    }
    const holdsPromise = lookInto(call, value);
    const taken = holdsPromise ? undefined : kind.read(value, false);
    if (taken === undefined) complain(call, "wrong", unwanted(value, false, holdsPromise, kind));
    else well(said);
    return taken;
  } catch (error) {
    lookInto(call, error);
    complain(call, "threw", failure(error).message);
    return undefined;
  }
};

/** Calls a function and waits for its promise, if it returns one. @returns calls it off: what comes is only logged */
export const ask = <T>(question: Question<T>): (() => void) => {
  const { log, name, body, kind, deadline, said, done, failed } = question;
  let over = false;
  let timer: Timer | undefined;
  const end = (): void => {
    over = true;
    deadline?.timers.clear(timer);
  };
  const fail = (how: How, fault: Fault): void => {
    complain(question, how, fault.message);
    if (over) return;
    end();
    failed(fault, how);
  };
  const answered = (value: unknown, fulfilled: boolean): void => {
    const holdsPromise = lookInto(question, value);
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
    if (!holdsPromise) well(said);
    end();
    done(answer as T);
  };
  settle(body, answered, (error, how) => {
    lookInto(question, error);
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
  readonly said?: Said;
  readonly level?: Level;
}

/** @returns false when it was said already */
const complain = ({ log, name, said, level = "error" }: Call, how: How, text: string): boolean => {
  if (said?.how === how) return false;
  if (said !== undefined) said.how = how;
  log.write(level, how === "wrong" || how === "late" ? `${name}: ${text}.` : `${name} ${how}: ${text}`);
  return true;
};

/** Looks at the promises in a value. @returns false when there are none */
const lookInto = (call: Call, value: unknown): boolean => {
  const promises = unawaited(value);
  look(promises, call.said?.how === undefined ? rejectedOnce(call) : ignore);
  return promises.length > 0;
};

/** Says that a promise in what a function gave back has rejected: of several, the first. */
const rejectedOnce = (call: Call): ((error: unknown) => void) => {
  let rejected = false;
  return (error) => {
    // How the call itself has failed stays what is known of it.
    const of = call.said?.how === undefined ? call : { ...call, said: undefined };
    if (!rejected) complain(of, "rejected", failure(error).message);
    rejected = true;
  };
};

const well = (said: Said | undefined): void => {
  if (said !== undefined) said.how = undefined;
};

const failure = (error: unknown): Fault => {
  return asFault(error, "application", "callback-threw");
};

const unwanted = (value: unknown, fulfilled: boolean, holdsPromise: boolean, { wanted }: Kind<unknown>): string => {
  const what = holdsPromise ? `${shown(value)} with a promise in it that nobody has awaited` : shown(value);
  return `${fulfilled ? "its promise came to" : "it returned"} ${what} where ${wanted} is wanted`;
};

/** What it is, and no more of it than an operator needs. */
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
