/*
 * A device in memory: flash model, boot loader, store and the agent, under a clock that the test moves. Power can be cut
 * at any flash operation; what is left is what the flash holds. Portable.
 */

import type { Flash } from "../../hosts/flash-model/flash.js";
import { FlashStore } from "../../hosts/flash-model/flash-store.js";
import { type Lack, openSlots } from "../../hosts/flash-model/lacking.js";
import type { MemoryFlash, Tear } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, type PartitionTable } from "../../hosts/flash-model/partition-table.js";
import { PowerCut } from "../../hosts/flash-model/power-cut.js";
import { SeededRandom } from "../../hosts/flash-model/seeded-random.js";
import { Fault } from "../../modules/fault/fault.js";
import type { Clock } from "../../modules/platform/clock.js";
import type { Crypto } from "../../modules/platform/crypto.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Timer, Timers } from "../../modules/platform/timers.js";
import { NervesHubLink } from "../../src/link.js";
import { AllFeatures, type LinkWithFeatures } from "./all-features.js";
import type { ManualTimers } from "./manual-timers.js";
import { type Connection, VirtualNetwork } from "./virtual-network.js";

export const hubPort = 4000;
export const filePort = 4001;
/** 2026-11-21T20:00:00Z */
export const startedMs = 1795291200000;

/** A moment at which the power goes. */
export interface Cut {
  /** Flash operation over all runs, counted from 1, the first operation after the one before at the earliest. */
  at: number;
  tear: Tear;
}

export interface VirtualDeviceOptions {
  flash: MemoryFlash;
  table: PartitionTable;
  crypto: Crypto;
  timers: ManualTimers;
  servers: Map<number, (connection: Connection) => void>;
  link?: LinkWithFeatures;
  chipId: number;
  seed?: number;
  /** Default: one that knows the time. */
  clock?: Clock;
  /** What every run lacks; a test may change it between two. */
  lacking?: readonly Lack[];
  /** In order. */
  cuts?: readonly Cut[];
  /** Changes the host of every run: what hardware can do wrong. */
  changePlatform?(platform: Platform): Platform;
}

/** Timers of one run of the device: with the power they are gone. */
class RunTimers implements Timers {
  readonly #timers: ManualTimers;
  readonly #print: (line: string) => void;
  readonly #mine = new Set<Timer>();
  #stopped = false;

  constructor(timers: ManualTimers, print: (line: string) => void) {
    this.#timers = timers;
    this.#print = print;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  set(callback: () => void, delayMs: number): Timer {
    if (this.#stopped) return {};
    const timer = this.#timers.set(() => {
      this.#mine.delete(timer);
      this.#guard(callback);
    }, delayMs);
    this.#mine.add(timer);
    return timer;
  }

  repeat(callback: () => void, intervalMs: number): Timer {
    if (this.#stopped) return {};
    const timer = this.#timers.repeat(() => this.#guard(callback), intervalMs);
    this.#mine.add(timer);
    return timer;
  }

  clear(timer: Timer | undefined): void {
    this.#timers.clear(timer);
    if (timer !== undefined) this.#mine.delete(timer);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#mine) this.#timers.clear(timer);
    this.#mine.clear();
  }

  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      if (!(error instanceof PowerCut)) this.#print(`a timer callback threw: ${String(error)}`);
    }
  }
}

export class VirtualDevice {
  readonly #options: VirtualDeviceOptions;
  /** Everything printed, over all runs. */
  readonly lines: string[] = [];
  link: NervesHubLink | undefined;
  /** Of the link that was made last. */
  features = new AllFeatures();
  platform: Platform | undefined;
  /** Flash operations over all runs. */
  operations = 0;
  /** Power cuts that happened. */
  cuts = 0;
  restarts = 0;
  /** What the application does with its link at every start. */
  begin: (link: NervesHubLink) => void = (link) => link.start();
  #timers: RunTimers | undefined;
  #resetReason = "power_on";

  constructor(options: VirtualDeviceOptions) {
    this.#options = options;
  }

  /** The boot loader runs and the application starts. Throws when neither slot can be started: a brick. */
  powerOn(): void {
    const { flash, timers } = this.#options;
    this.#timers?.stop();
    const print = (line: string): void => {
      this.lines.push(line);
    };
    const runTimers = new RunTimers(timers, print);
    this.#timers = runTimers;
    try {
      const platform = this.#host(this.#watch(flash, runTimers), runTimers, print);
      this.platform = this.#options.changePlatform?.(platform) ?? platform;
      this.link = this.#newLink(this.platform);
      if (this.link !== undefined) this.begin(this.link);
    } catch (error) {
      // Cut during the boot itself: the next one is set already.
      if (!(error instanceof PowerCut)) throw error;
    }
  }

  /** As an application does: what is wrong with the options is printed by the link, and nothing more happens. */
  #newLink(platform: Platform): NervesHubLink | undefined {
    try {
      this.features = new AllFeatures(this.#options.link);
      return new NervesHubLink(
        {
          host: "hub.test",
          port: hubPort,
          ssl: false,
          auth: { productKey: "nhp_virtual", productSecret: "virtual-secret", identifier: "virtual" },
          logLevel: "debug",
          ...this.features.options,
        },
        platform,
      );
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return undefined;
    }
  }

  /** The application makes another link on the same host. */
  relink(): void {
    if (this.platform === undefined) return;
    this.link = this.#newLink(this.platform);
    if (this.link !== undefined) this.begin(this.link);
  }

  powerOff(): void {
    this.#timers?.stop();
    this.link = undefined;
  }

  #host(flash: Flash, timers: RunTimers, print: (line: string) => void): Platform {
    const { table, crypto, servers, chipId, seed = 1, lacking = [] } = this.#options;
    const world = this.#options.timers;
    const random = new SeededRandom(seed + this.restarts + this.cuts);
    const bootOptions = { flash, table, crypto, chipId };
    return {
      network: new VirtualNetwork(timers, servers),
      clock: this.#options.clock ?? { now: () => startedMs + world.now, monotonic: () => world.now, set: () => {} },
      timers,
      random: { fill: (into) => into.set(into.map(() => random.below(256))) },
      crypto,
      slots: openSlots(bootOptions, lacking),
      store: new FlashStore(openPartition(flash, table.state)),
      device: {
        identifier: "virtual",
        chipId,
        resetReason: this.#resetReason,
        networkInterface: "wlan0",
        watchdog: !lacking.includes("watchdog"),
        facts: () => ({}),
        restart: () => {
          this.restarts++;
          this.#again("software");
        },
      },
      print,
    };
  }

  /** Sees the power cut before any handler can. What still runs of a run that is over reaches no flash. */
  #watch(flash: MemoryFlash, timers: RunTimers): Flash {
    const run = <T>(body: () => T): T => {
      if (timers.stopped) throw new PowerCut(0);
      try {
        return body();
      } catch (error) {
        if (error instanceof PowerCut) this.#died();
        throw error;
      }
    };
    return {
      size: flash.size,
      writeSize: flash.writeSize,
      read: (offset, into) => run(() => flash.read(offset, into)),
      write: (offset, bytes) => run(() => this.#count(() => flash.write(offset, bytes))),
      erase: (offset, length) => run(() => this.#count(() => flash.erase(offset, length))),
    };
  }

  #count(operation: () => void): void {
    this.operations++;
    const cut = this.#options.cuts?.[this.cuts];
    if (cut?.at === this.operations) this.#options.flash.cutAt(1, cut.tear, cut.at);
    operation();
  }

  #died(): void {
    this.cuts++;
    this.#again("power_on");
  }

  /** Nothing of this run goes on; the next begins a second later. */
  #again(reason: string): void {
    this.#timers?.stop();
    this.#resetReason = reason;
    this.#options.timers.set(() => {
      this.#options.flash.powerOn();
      this.powerOn();
    }, 1000);
  }
}
