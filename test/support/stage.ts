/*
 * What an extension needs around it, in virtual time: a host, a log, and a server's side with the real server's buckets,
 * which count what they would drop without a word. Portable.
 */

import type { DeviceFacts } from "../../modules/platform/device.js";
import type { Platform } from "../../modules/platform/platform.js";
import type { Core, Feature } from "../../src/feature.js";
import type { Attachment } from "../../src/features/extensions/extension.js";
import { Log } from "../../src/log/log.js";
import { Redactor } from "../../src/log/redact.js";
import { crypto } from "./harness.js";
import { ManualTimers } from "./manual-timers.js";

/** 2026-11-21T20:00:00Z */
export const startedMs = 1795291200000;

export class Stage {
  readonly timers = new ManualTimers();
  readonly printed: string[] = [];
  readonly redactor = new Redactor(["very-secret-text"]);
  readonly log = new Log((line) => this.printed.push(line), this.redactor, "debug", "t");
  readonly stored = new Map<string, Uint8Array>();
  /** Milliseconds since 1970 at the start, undefined while the time is unknown. */
  wallMs: number | undefined = startedMs;
  facts: DeviceFacts = { heapFree: 100_000 };
  storeFails = false;
  readonly platform: Platform;
  readonly core: StageCore;

  constructor() {
    const never = (): never => {
      throw new Error("not on this stage");
    };
    this.platform = {
      clock: {
        now: () => (this.wallMs === undefined ? undefined : this.wallMs + this.timers.now),
        monotonic: () => this.timers.now,
        set: (ms) => {
          this.wallMs = ms - this.timers.now;
        },
      },
      timers: this.timers,
      crypto,
      random: { fill: (into) => into.fill(7) },
      network: { open: never },
      slots: {
        running: { label: "ota_0", size: 65536, read: never },
        inactive: undefined,
        trial: "confirmed",
        reverted: false,
        anchor: never,
        activate: never,
        confirm: never,
        revert: never,
      },
      store: {
        get: (key) => this.stored.get(key),
        set: (key, value) => {
          if (this.storeFails) throw new Error("worn out");
          this.stored.set(key, value.slice());
        },
        delete: (key) => {
          this.stored.delete(key);
        },
      },
      device: {
        identifier: "stage",
        chipId: 9,
        resetReason: "panic",
        networkInterface: "wlan0",
        facts: () => this.facts,
        restart: () => {},
      },
      print: (line) => this.printed.push(line),
    };
    this.core = new StageCore(this);
  }
}

/** What a link gives its features, without a connection but for what a suite sets. */
export class StageCore implements Core {
  readonly features: Feature[] = [];
  readonly platform: Platform;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Makes "> " of a terminal's prompt. */
  readonly name = "";
  readonly identifier = "stage";
  readonly firmware = {
    uuid: "0c6f5d4e-1111-4222-8333-444455556666",
    product: "p",
    version: "1.0.0",
    platform: "esp32",
    architecture: "xtensa",
  };
  readonly trust = { checkHead: () => {} };
  readonly secure = {};
  tls = false;
  update: { busy: boolean; currentlyDownloading: string | undefined; refused: string | undefined } = {
    refused: undefined,
    busy: false,
    currentlyDownloading: undefined,
  };
  lacking: string | undefined;
  roundTripMs: number | undefined;
  bufferedBytes = 0;
  restarts = 0;
  readonly joins: string[] = [];
  readonly pushed: { readonly event: string; readonly payload: Record<string, unknown> }[] = [];
  /** Where nothing can be sent now. */
  offline = false;

  constructor({ platform, log, redactor }: Stage) {
    this.platform = platform;
    this.log = log;
    this.redactor = redactor;
  }

  feature<F extends Feature>(kind: new () => F): F {
    return (this.features.find((feature) => feature instanceof kind) as F | undefined) ?? this.install(new kind());
  }

  install<F extends Feature>(feature: F): F {
    this.features.push(feature);
    feature.install?.(this);
    return feature;
  }

  push(event: string, payload: object): string | undefined {
    if (this.offline) return undefined;
    this.pushed.push({ event, payload: payload as Record<string, unknown> });
    return String(this.pushed.length);
  }

  join(topic: string): void {
    this.joins.push(topic);
  }

  restart(): void {
    this.restarts++;
  }
}

export interface Sent {
  readonly atMs: number;
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

/** The server's token bucket (nerves_hub_web, lib/nerves_hub/rate_limit). */
export class ServerBucket {
  readonly #timers: ManualTimers;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs = 0;

  constructor(timers: ManualTimers, perSecond: number, burst: number) {
    this.#timers = timers;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(): boolean {
    const { now } = this.#timers;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** A port with a server behind it. */
export class ServerSide implements Attachment {
  readonly version: string;
  /** What passed the bucket. */
  readonly sent: Sent[] = [];
  /** Messages that the bucket dropped. */
  dropped = 0;
  /** The connection is backed up: nothing is taken. */
  blocked = false;
  readonly #timers: ManualTimers;
  readonly #bucket: ServerBucket | undefined;

  /** @param bucket outlives connections, as on the server */
  constructor(timers: ManualTimers, version: string, bucket?: ServerBucket) {
    this.#timers = timers;
    this.version = version;
    this.#bucket = bucket;
  }

  send(event: string, payload: object): boolean {
    if (this.blocked) return false;
    // Through JSON, as on the wire.
    const wire = JSON.parse(JSON.stringify(payload)) as Record<string, unknown>;
    if (this.#bucket !== undefined && !this.#bucket.take()) this.dropped++;
    else this.sent.push({ atMs: this.#timers.now, event, payload: wire });
    return true;
  }

  /** All entries of the list `name` in everything that passed. */
  all(name: string): Record<string, unknown>[] {
    // No flatMap: on XS each element of its result takes stack until the end.
    const all: Record<string, unknown>[] = [];
    for (const { payload } of this.sent) all.push(...((payload[name] as Record<string, unknown>[] | undefined) ?? []));
    return all;
  }
}
