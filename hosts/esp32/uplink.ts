/*
 * Uplink: the network of an ESP32 from power-on. It joins Wi-Fi, stays joined, and sets the clock. The application starts
 * without the network and is told when it is up.
 */

import { stackOf } from "../../modules/fault/fault.js";
import type { Clock, TimeBounds } from "../../modules/platform/clock.js";
import type { Random } from "../../modules/platform/random.js";
import type { Timers } from "../../modules/platform/timers.js";
import { SntpExchange } from "../../modules/sntp/exchange.js";
import { openDatagrams } from "../xs/datagrams.js";
import { resolve } from "./resolve.js";
import { Station } from "./station.js";
import { TimeSync } from "./time-sync.js";
import { type WifiNetwork, WifiRadio } from "./wifi.js";

export interface UplinkOptions {
  wifi: WifiNetwork;
  /** Names or addresses of SNTP servers, at least one. */
  timeServers: readonly string[];
  /** A server's time is believed only between these bounds. */
  timeBounds: TimeBounds;
  clock: Clock;
  timers: Timers;
  random: Random;
  print(line: string): void;
  /** There is an address. The time may still be unknown: see `Clock.now`. */
  onNetworkUp(): void;
  onNetworkDown(): void;
  /** The clock was set. */
  onTime?(): void;
}

export class Uplink {
  private readonly _station: Station;

  constructor(options: UplinkOptions) {
    const { wifi, timeServers, timeBounds: bounds, clock, timers, random, print } = options;
    const byte = new Uint8Array(1);
    const fraction = () => {
      random.fill(byte);
      return byte[0] / 256;
    };
    const time = new TimeSync({
      servers: timeServers,
      request: (server, onOutcome) =>
        new SntpExchange({ server, resolve, open: openDatagrams, timers, clock, random, bounds, onOutcome }),
      timers,
      clock,
      fraction,
      onTime: (nowMs) => {
        clock.set(nowMs);
        options.onTime?.();
      },
      print,
    });
    clock.onContradicted = () => time.contradicted();
    const station: Station = new Station({
      radio: new WifiRadio(wifi, () => {
        try {
          station.changed();
        } catch (error) {
          print(`Wi-Fi: a callback threw: ${stackOf(error)}`);
        }
      }),
      timers,
      fraction,
      onUp: () => {
        time.start();
        options.onNetworkUp();
      },
      onDown: () => {
        time.stop();
        options.onNetworkDown();
      },
      print,
    });
    this._station = station;
  }

  /** True while there is an address. */
  get up(): boolean {
    return this._station.up;
  }

  start(): void {
    this._station.start();
  }

  stop(): void {
    this._station.stop();
  }
}
