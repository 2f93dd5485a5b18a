/*
 * SntpExchange: one request to one time server, from the server's name to the time of day.
 *
 * It sends one datagram and never repeats it: the caller asks the next server instead. Name resolution, sockets, timers,
 * the monotonic clock and randomness are arguments. answer.ts judges the answer.
 */

import { asFault } from "../fault/fault.js";
import type { Clock, TimeBounds } from "../platform/clock.js";
import type { Random } from "../platform/random.js";
import type { Timer, Timers } from "../platform/timers.js";
import { readAnswer } from "./answer.js";
import { sntpRequest } from "./request.js";

/** Datagrams looked at while one answer is awaited: one is usual, more come from somebody who guesses ports. */
export const maxSntpDatagrams = 16;

/** A UDP socket on a port of the system's choice. */
export interface Datagrams {
  /** @param address a numeric address @throws when the datagram cannot be sent now */
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

/** @param onDatagram is called for each received datagram @throws when there is no socket or no memory */
export type OpenDatagrams = (onDatagram: (bytes: Uint8Array, address: string, port: number) => void) => Datagrams;

export type SntpOutcome =
  /** `nowMs`: milliseconds since 1970 at the moment of the call. */
  | { readonly type: "time"; readonly nowMs: number }
  /** As in Answer. */
  | { readonly type: "kiss"; readonly code: string }
  /** `why` is the end of a sentence about the server. */
  | { readonly type: "failed"; readonly why: string };

export interface SntpExchangeOptions {
  /** Name or address. */
  server: string;
  /** Default 123. */
  port?: number;
  /** Calls `onResolved` at most once and never from inside, with a numeric address, or undefined for an unknown name. */
  resolve(server: string, onResolved: (address: string | undefined) => void): void;
  open: OpenDatagrams;
  timers: Timers;
  clock: Pick<Clock, "monotonic">;
  random: Random;
  bounds: TimeBounds;
  /** Called once, and not after `close`. */
  onOutcome(outcome: SntpOutcome): void;
}

const ntpPort = 123;
/** lwIP asks a name server four times, with waits of 1 to 3 s. */
const resolveLimitMs = 15_000;
/** Far more than a round trip. A later answer tells the time too vaguely: the way back is taken for half of the round trip. */
const answerLimitMs = 5_000;
/** Tolerance for clocks of different speed and step. A server cannot have held the request longer than the round trip took. */
const heldToleranceMs = 100;

export class SntpExchange {
  private readonly _options: SntpExchangeOptions;
  private readonly _port: number;
  private readonly _request: Uint8Array;
  private _datagrams: Datagrams | undefined;
  private _timer: Timer | undefined;
  private _address = "";
  private _sentMs = 0;
  private _received = 0;
  private _over = false;

  /** @throws what `resolve` throws */
  constructor(options: SntpExchangeOptions) {
    const { server, port = ntpPort, resolve, random, timers } = options;
    this._options = options;
    this._port = port;
    this._request = sntpRequest(random);
    this._timer = timers.set(() => this._fail("its name could not be looked up in time"), resolveLimitMs);
    try {
      resolve(server, (address) => this._resolved(address));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends the request. `onOutcome` is not called afterwards. */
  close(): void {
    this._over = true;
    this._options.timers.clear(this._timer);
    this._timer = undefined;
    const datagrams = this._datagrams;
    this._datagrams = undefined;
    datagrams?.close();
  }

  private _resolved(address: string | undefined): void {
    if (this._over) return;
    const { timers, clock, open } = this._options;
    if (address === undefined) {
      this._fail("its name is not known");
      return;
    }
    this._address = address;
    timers.clear(this._timer);
    this._timer = timers.set(() => this._fail("it did not answer"), answerLimitMs);
    try {
      this._datagrams = open((bytes, from, port) => this._datagram(bytes, from, port));
      this._sentMs = clock.monotonic();
      this._datagrams.send(this._request, address, this._port);
    } catch (error) {
      this._fail(`it could not be asked: ${asFault(error, "transport", "udp-failed").message}`);
    }
  }

  private _datagram(bytes: Uint8Array, from: string, port: number): void {
    if (this._over) return;
    this._received++;
    if (this._received > maxSntpDatagrams) {
      this._fail("somebody floods this device instead");
      return;
    }
    if (from !== this._address || port !== this._port) return;
    const answer = readAnswer(bytes, this._request, this._options.bounds);
    if (answer.type === "kiss") this._end(answer);
    else if (answer.type === "refused") this._fail(answer.why);
    else if (answer.type === "time") this._time(answer.sentMs, answer.heldMs);
  }

  private _time(sentMs: number, heldMs: number): void {
    const elapsedMs = this._options.clock.monotonic() - this._sentMs;
    if (heldMs > elapsedMs + heldToleranceMs) {
      this._fail("its times disagree");
      return;
    }
    // The way there and the way back are taken for equally long (RFC 4330 §5).
    const onTheWayMs = Math.max(0, elapsedMs - heldMs);
    this._end({ type: "time", nowMs: sentMs + onTheWayMs / 2 });
  }

  private _fail(why: string): void {
    this._end({ type: "failed", why });
  }

  private _end(outcome: SntpOutcome): void {
    if (this._over) return;
    this.close();
    this._options.onOutcome(outcome);
  }
}
