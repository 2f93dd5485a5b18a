/*
 * Devices that the hub starts on this machine, each a process of its own with flash in a folder, as `npm run device` has
 * them. They end with the hub, and are the same ones when they are started again.
 */

import { join } from "node:path";
import { makePrivateFolder } from "../../hosts/node/private-file.js";
import { Supervisor } from "../device/supervisor.js";
import type { SharedSecret } from "./options.js";

/** Devices at once: each is a process of some 60 MB. */
export const maxDeskDevices = 100;

export interface DeskDevicesOptions {
  /** Their flash goes below it. */
  readonly folder: string;
  readonly key: SharedSecret;
  readonly product: string;
  /** A device's options that lead to the hub: --host, --port, … */
  readonly where: () => readonly string[];
  /** @param identifier of a device that has ended by itself */
  readonly onEnd: (identifier: string, status: number) => void;
}

export class DeskDevices {
  readonly #options: DeskDevicesOptions;
  readonly #running = new Map<string, Supervisor>();

  constructor(options: DeskDevicesOptions) {
    this.#options = options;
  }

  /** Starts as many as are missing to `count`. @returns the identifiers of those that were started */
  start(count: number): readonly string[] {
    const started: string[] = [];
    for (let i = 1; i <= count; i++) {
      const identifier = `desk-${String(i).padStart(2, "0")}`;
      if (this.#running.has(identifier)) continue;
      this.#running.set(identifier, this.#supervise(identifier));
      started.push(identifier);
    }
    return started;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((device) => device.stop()));
    this.#running.clear();
  }

  #supervise(identifier: string): Supervisor {
    const { folder, key, product, where, onEnd } = this.#options;
    const data = join(folder, identifier);
    makePrivateFolder(data);
    const device = new Supervisor({
      env: { NERVESHUB_PRODUCT_SECRET: key.secret },
      // What they log reaches the hub; the terminal is the hub's.
      onEvent: () => {},
      onExit: (status) => {
        this.#running.delete(identifier);
        onEnd(identifier, status);
      },
    });
    const who = ["--product-key", key.key, "--identifier", identifier, "--product", product];
    device.start([...where(), ...who, "--data", data, "--console"]);
    return device;
  }
}
