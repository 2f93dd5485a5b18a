/*
 * One device and a device endpoint in virtual time, for suites about the connection. Portable.
 */

import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, partitionTable } from "../../hosts/flash-model/partition-table.js";
import type { Clock } from "../../modules/platform/clock.js";
import type { LinkWithFeatures } from "./all-features.js";
import { crypto } from "./harness.js";
import { ManualTimers } from "./manual-timers.js";
import { SocketServer } from "./socket-server.js";
import { chipId, image } from "./update-scene.js";
import { hubPort, startedMs, VirtualDevice } from "./virtual-device.js";
import type { Connection } from "./virtual-network.js";

const running = image("1.0.0", 1, 20_000);

/** The device's clock, which may be wrong or know nothing. */
export class SceneClock implements Clock {
  readonly #timers: ManualTimers;
  #offsetMs: number | undefined;
  contradictions = 0;
  earliestMs: number | undefined;
  onContradicted = (): void => {
    this.contradictions++;
  };

  constructor(timers: ManualTimers, nowMs: number | undefined) {
    this.#timers = timers;
    if (nowMs !== undefined) this.set(nowMs);
  }

  now(): number | undefined {
    return this.#offsetMs === undefined ? undefined : this.#timers.now + this.#offsetMs;
  }

  monotonic(): number {
    return this.#timers.now;
  }

  forget(): void {
    this.#offsetMs = undefined;
  }

  set(nowMs: number): void {
    this.#offsetMs = nowMs - this.#timers.now;
  }
}

export class LinkScene {
  readonly timers = new ManualTimers();
  readonly server = new SocketServer(crypto);
  readonly clock: SceneClock;
  readonly device: VirtualDevice;
  /** Servers by port: what is taken away refuses connections. */
  readonly servers = new Map<number, (connection: Connection) => void>();

  /** The device starts at once; nothing happens before `advance`. */
  constructor(link: LinkWithFeatures = {}, clockAheadMs: number | "unknown" = 0, seed = 1) {
    const table = partitionTable({ slotSize: 65536 });
    const flash = new MemoryFlash(table.flashSize, 16);
    const padded = new Uint8Array(Math.ceil(running.byteLength / 16) * 16).fill(0xff);
    padded.set(running);
    openPartition(flash, table.slots[0]).write(0, padded);
    flash.powerOn();
    this.up();
    const { timers, servers } = this;
    const nowMs = clockAheadMs === "unknown" ? undefined : startedMs + clockAheadMs;
    this.clock = new SceneClock(timers, nowMs);
    this.device = new VirtualDevice({ flash, table, crypto, timers, servers, chipId, link, seed, clock: this.clock });
    this.device.powerOn();
  }

  get lines(): string[] {
    return this.device.lines;
  }

  /** The server listens. */
  up(): void {
    this.servers.set(hubPort, (connection) => this.server.accept(connection));
  }

  /** The server is not there any more. */
  down(): void {
    this.servers.delete(hubPort);
    for (const socket of this.server.sockets) if (socket.open) socket.cut("reset");
  }

  /** The true time, ms since 1970. */
  get nowMs(): number {
    return startedMs + this.timers.now;
  }

  advance(ms: number): this {
    this.timers.advance(ms);
    return this;
  }

  /** Moments at which connections were tried, in ms, by the lines that tell of it. */
  get attempts(): number {
    return this.lines.filter((line) => line.includes("Connecting to ")).length;
  }

  /** Codes of the reasons that were given, in order. */
  get reasons(): string[] {
    return this.lines.flatMap((line) => / \[([a-z0-9-]+)\] Trying again/.exec(line)?.[1] ?? []);
  }
}
