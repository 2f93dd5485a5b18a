/*
 * A whole link on real sockets: the agent with Node's network, flash in memory, and waits of milliseconds between
 * attempts. Needs Node.
 */

import { boot } from "../../hosts/flash-model/boot-loader.js";
import { FlashSlots } from "../../hosts/flash-model/flash-slots.js";
import { FlashStore } from "../../hosts/flash-model/flash-store.js";
import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, partitionTable } from "../../hosts/flash-model/partition-table.js";
import { NodeClock } from "../../hosts/node/clock.js";
import { nodeCrypto, nodeRandom } from "../../hosts/node/crypto.js";
import { NodeNetwork } from "../../hosts/node/network.js";
import { NodeTimers } from "../../hosts/node/timers.js";
import type { Network } from "../../modules/platform/byte-stream.js";
import type { Clock } from "../../modules/platform/clock.js";
import type { Platform } from "../../modules/platform/platform.js";
import { NervesHubLink } from "../../src/link.js";
import { AllFeatures, type LinkWithFeatures } from "./all-features.js";
import { assert } from "./harness.js";
import { chipId, image } from "./update-scene.js";

const running = image("1.0.0", 1, 20_000);
export const productSecret = "the-secret-of-the-product-0123456789abcdefg";

export class NodeLink {
  readonly lines: string[] = [];
  readonly link: NervesHubLink;
  readonly features: AllFeatures;
  readonly #waiting = new Set<() => void>();

  constructor(options: LinkWithFeatures, clock: Clock = new NodeClock(), network: Network = new NodeNetwork()) {
    const table = partitionTable({ slotSize: 65536 });
    const flash = new MemoryFlash(table.flashSize, 16);
    const padded = new Uint8Array(Math.ceil(running.byteLength / 16) * 16).fill(0xff);
    padded.set(running);
    openPartition(flash, table.slots[0]).write(0, padded);
    flash.powerOn();
    const bootOptions = { flash, table, crypto: nodeCrypto, chipId };
    const print = (line: string): void => {
      this.lines.push(line);
      // After what the line tells of is done.
      setImmediate(() => {
        for (const look of [...this.#waiting]) look();
      });
    };
    const platform: Platform = {
      network,
      clock,
      timers: new NodeTimers((line) => assert.fail(line)),
      random: nodeRandom,
      crypto: nodeCrypto,
      slots: new FlashSlots(bootOptions, boot(bootOptions)),
      store: new FlashStore(openPartition(flash, table.state)),
      device: {
        identifier: "node-link",
        chipId,
        resetReason: "power_on",
        networkInterface: "eth0",
        facts: () => ({}),
        restart: () => undefined,
      },
      print,
    };
    this.features = new AllFeatures(options);
    this.link = new NervesHubLink(
      {
        host: "127.0.0.1",
        ssl: false,
        auth: { productKey: "nhp_desk", productSecret },
        backoff: { baseMs: 1, capMs: 4, cleanCloseFloorMs: 1 },
        ...this.features.options,
      },
      platform,
    );
  }

  start(): this {
    this.link.start();
    return this;
  }

  /** Codes of the reasons that were given, in order. */
  get reasons(): string[] {
    return this.lines.flatMap((line) => / \[([a-z0-9-]+)\] Trying again/.exec(line)?.[1] ?? []);
  }

  /** The sentences of those reasons. */
  get sentences(): string[] {
    return this.lines.flatMap((line) => /warning: (.*) \[[a-z0-9-]+\] Trying again/.exec(line)?.[1] ?? []);
  }

  /** Waits until `condition` holds; it is looked at with every line. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Waits for the first reason that is given. @returns its code */
  async firstReason(): Promise<string> {
    await this.until(() => this.reasons.length > 0);
    return this.reasons[0];
  }

  async joined(): Promise<void> {
    await this.until(() => this.link.connected);
  }

  stop(): void {
    this.link.close();
  }
}
