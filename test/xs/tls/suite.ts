/*
 * The three runs of the TLS app: every case once, the same few a thousand times, and one read loop for its heap.
 */

import Debug from "debug";
import { type Case, meet, timers } from "./meeting.js";

const environment = native("test_environment") as (name: string) => string | undefined;
const file = native("test_file") as (path: string) => ArrayBuffer;
const exit = native("test_exit") as (status: number) => void;
const chunks = native("nh_machine_chunks") as () => number;
const slots = native("nh_machine_slots") as () => number;
const mostChunks = native("test_heap_chunks") as () => number;
const mostSlots = native("test_heap_slots") as () => number;

/** Connections after which the heap has taken its shape. */
const warmUp = 50;
/** Sockets that are closing hold on to their stream for a moment. */
const settleMs = 200;
/** What the heap may have grown by since then. */
const allowedGrowth = 1.02;

function readCases(): Case[] {
  return JSON.parse(String.fromArrayBuffer(file(environment("TLS_CASES")!))) as Case[];
}

/** Meets `cases` in order, `times` connections in all. */
function each(
  cases: Case[],
  times: number,
  after: (one: Case, good: boolean, said: string) => void,
  done: () => unknown,
): void {
  const next = (i: number): void => {
    if (i === times) {
      done();
      return;
    }
    const one = cases[i % cases.length];
    meet(one, ({ code, sentence }) => {
      const good = code === one.expect && (!one.says || sentence.includes(one.says));
      after(one, good, sentence ? `${code} | ${sentence}` : code);
      timers.set(() => next(i + 1), 0);
    });
  };
  next(0);
}

/** Every case once; prints each with its sentence. */
export function runCases(done: (failures: number) => void): void {
  const cases = readCases();
  let failures = 0;
  each(
    cases,
    cases.length,
    (one, good, said) => {
      if (!good) failures++;
      const wanted = good ? "" : ` (expected ${one.expect} ${one.says ?? ""})`;
      trace(`${good ? "ok" : "FAILED"} ${one.name}: ${said}${wanted}\n`);
    },
    () => {
      trace(`${cases.length - failures} passed, ${failures} failed\n`);
      done(failures);
    },
  );
}

/** One conversation, and what the heap needed at most. */
export function runHeap(): void {
  each(
    readCases(),
    1,
    (one, good, said) => {
      trace(`${JSON.stringify({ name: one.name, chunkBytes: mostChunks(), slotBytes: mostSlots() })}\n`);
      if (!good) trace(`FAILED: ${said}\n`);
    },
    () => exit(0),
  );
}

/** The cases round and round, in whole rounds: the heap after the first 50 connections and at the end. */
export function runSoak(): void {
  const cases = readCases();
  const times = Number(environment("TLS_TIMES"));
  const whole = (count: number): number => Math.ceil(count / cases.length) * cases.length;
  const first = whole(warmUp);
  const rest = whole(times - first);
  let failures = 0;
  const meetMore = (count: number, done: (heap: number[]) => void): void =>
    each(
      cases,
      count,
      (one, good, said) => {
        if (!good && failures++ < 5) trace(`FAILED ${one.name}: ${said}\n`);
      },
      () =>
        timers.set(() => {
          Debug.gc();
          done([chunks(), slots()]);
        }, settleMs),
    );
  meetMore(first, (warm) =>
    meetMore(rest, (end) => {
      const grown = end.some((bytes, i) => bytes > warm[i] * allowedGrowth);
      const heap = `chunks ${warm[0]} -> ${end[0]}, slots ${warm[1]} -> ${end[1]} bytes`;
      trace(
        `${first + rest} connections, ${failures} not as expected; heap after the first ${first} and at the end: ${heap}\n`,
      );
      exit(failures > 0 || grown ? 1 : 0);
    }),
  );
}
