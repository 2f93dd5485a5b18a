/*
 * SntpQuestion: one question to one time server, from its name to the time now.
 *
 * One datagram and no repetition: who keeps the clock asks the next server. Name resolution, sockets, timers, the
 * monotonic clock and randomness are arguments. What an answer is worth is judged by answer.ts.
 */

import { asFault } from "../fault/fault.js";
import type { Clock, TimeBounds } from "../host/clock.js";
import type { Random } from "../host/random.js";
import type { Timer, Timers } from "../host/timers.js";
import { maxSntpDatagrams } from "../limits/limits.js";
import { readAnswer } from "./answer.js";
import { sntpRequest } from "./request.js";

/** A UDP socket on a port of the system's choice. */
export interface Datagrams {
  /** @param address numeric @throws when it cannot be sent now */
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

/** @throws when there is no socket or no memory */
export type OpenDatagrams = (onDatagram: (bytes: Uint8Array, address: string, port: number) => void) => Datagrams;

export type Outcome =
  /** `nowMs`: milliseconds since 1970 at the moment of the call. */
  | { readonly type: "time"; readonly nowMs: number }
  /** See Answer. */
  | { readonly type: "kiss"; readonly code: string }
  /** `why` is the end of a sentence about the server. */
  | { readonly type: "failed"; readonly why: string };

export interface QuestionOptions {
  /** Name or address. */
  server: string;
  /** Default 123. */
  port?: number;
  /** `onResolved` comes once or not at all, never from inside, with a numeric address or undefined. */
  resolve(server: string, onResolved: (address: string | undefined) => void): void;
  open: OpenDatagrams;
  timers: Timers;
  clock: Pick<Clock, "monotonic">;
  random: Random;
  bounds: TimeBounds;
  /** Comes once, and not after `close`. */
  onOutcome(outcome: Outcome): void;
}

const ntpPort = 123;
/** lwIP asks a name server four times, with waits of 1 to 3 s. */
const resolveLimitMs = 15_000;
/** Far more than a round trip: what arrives later is too vague a time, since half the way is a guess. */
const answerLimitMs = 5_000;
/** A server's clock and ours differ in speed and step; beyond this it has not held the question so long. */
const heldToleranceMs = 100;

export class SntpQuestion {
  readonly #options: QuestionOptions;
  readonly #port: number;
  readonly #request: Uint8Array;
  #datagrams: Datagrams | undefined;
  #timer: Timer | undefined;
  #address = "";
  #sentMs = 0;
  #received = 0;
  #over = false;

  /** @throws what `resolve` throws */
  constructor(options: QuestionOptions) {
    const { server, port = ntpPort, resolve, random, timers } = options;
    this.#options = options;
    this.#port = port;
    this.#request = sntpRequest(random);
    this.#timer = timers.set(() => this.#fail("its name could not be looked up in time"), resolveLimitMs);
    try {
      resolve(server, (address) => this.#resolved(address));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Nothing comes afterwards. */
  close(): void {
    this.#over = true;
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    const datagrams = this.#datagrams;
    this.#datagrams = undefined;
    datagrams?.close();
  }

  #resolved(address: string | undefined): void {
    if (this.#over) return;
    const { timers, clock, open } = this.#options;
    if (address === undefined) {
      this.#fail("its name is not known");
      return;
    }
    this.#address = address;
    timers.clear(this.#timer);
    this.#timer = timers.set(() => this.#fail("it did not answer"), answerLimitMs);
    try {
      this.#datagrams = open((bytes, from, port) => this.#datagram(bytes, from, port));
      this.#sentMs = clock.monotonic();
      this.#datagrams.send(this.#request, address, this.#port);
    } catch (error) {
      this.#fail(`it could not be asked: ${asFault(error, "transport", "udp-failed").message}`);
    }
  }

  #datagram(bytes: Uint8Array, from: string, port: number): void {
    if (this.#over) return;
    this.#received++;
    if (this.#received > maxSntpDatagrams) {
      this.#fail("somebody floods this device instead");
      return;
    }
    if (from !== this.#address || port !== this.#port) return;
    const answer = readAnswer(bytes, this.#request, this.#options.bounds);
    if (answer.type === "kiss") this.#end(answer);
    else if (answer.type === "refused") this.#fail(answer.why);
    else if (answer.type === "time") this.#time(answer.sentMs, answer.heldMs);
  }

  #time(sentMs: number, heldMs: number): void {
    const elapsedMs = this.#options.clock.monotonic() - this.#sentMs;
    if (heldMs > elapsedMs + heldToleranceMs) {
      this.#fail("its times disagree");
      return;
    }
    // Both ways are taken for equally long (RFC 4330 §5).
    const onTheWayMs = Math.max(0, elapsedMs - heldMs);
    this.#end({ type: "time", nowMs: sentMs + onTheWayMs / 2 });
  }

  #fail(why: string): void {
    this.#end({ type: "failed", why });
  }

  #end(outcome: Outcome): void {
    if (this.#over) return;
    this.close();
    this.#options.onOutcome(outcome);
  }
}
