/*
 * One device over years: a chip whose bytes outlive releases, one server, and at every start the code that belongs to the
 * image which the boot loader finds.
 */

import type { PartitionTable } from "../../hosts/flash-model/partition-table.js";
import { FileServer } from "../support/file-server.js";
import { crypto } from "../support/harness.js";
import { ManualTimers } from "../support/manual-timers.js";
import { runTimers, updateMessage } from "../support/update-scene.js";
import { type Cut, filePort, hubPort } from "../support/virtual-device.js";
import { VirtualHub } from "../support/virtual-hub.js";
import type { Application, Machine, Release } from "./release.js";
import { nextVersion } from "./today.js";

/** What the server wants the device to run. */
export interface Offer {
  readonly target: Uint8Array;
  /** What is downloaded: the target itself, or a patch. */
  readonly file: Uint8Array;
}

/** What an image is made of. */
export interface Code {
  readonly release: Release;
  readonly application?: Application;
  /** When the power goes while it runs, in its own flash operations. */
  readonly cuts?: readonly Cut[];
}

/** What a device leaves when it is switched off, and the server with it. */
export interface Left {
  readonly bytes: Uint8Array;
  /** An update is on the server's record. */
  readonly inFlight: boolean;
}

const hour = 3600000;

export class DeviceInTheField {
  readonly timers = new ManualTimers();
  readonly hub: VirtualHub;
  readonly files: FileServer;
  /** Of the store, that were ever set. */
  readonly keys = new Set<string>();
  /** What runs; undefined before the first start. */
  version: string | undefined;
  /** Told of every start, before it. */
  onStart: (version: string) => void = () => {};
  readonly #bytes: Uint8Array;
  readonly #table: PartitionTable;
  readonly #codeOf: (version: string) => Code;
  readonly #machines = new Map<string, Machine>();
  readonly #moments = new Map<string, Left>();
  #offer: Offer;
  #resetReason = "power_on";

  /** @param left is copied @param codeOf by the version of an image */
  constructor(left: Left, table: PartitionTable, offer: Offer, codeOf: (version: string) => Code) {
    this.#bytes = left.bytes.slice();
    this.#table = table;
    this.#codeOf = codeOf;
    this.#offer = offer;
    this.files = new FileServer(offer.file);
    let urls = 0;
    const update = (): { firmware_meta: { uuid: string } } => updateMessage(this.#offer.target, this.#offer.file);
    this.hub = new VirtualHub({
      crypto,
      timers: this.timers,
      get update() {
        return update();
      },
      url: () => `http://files.test:${filePort}/firmware.bin?signature=secret-${++urls}`,
    });
    this.hub.inFlight = left.inFlight;
  }

  get machine(): Machine {
    return this.machineOf(this.version ?? "");
  }

  /** Lines of every image that ran, for whoever reads a failure. */
  get lines(): string[] {
    return [...this.#machines].flatMap(([version, { lines }]) => lines.map((line) => `${version} | ${line}`));
  }

  /** The server's next wish; nothing blocks it. */
  offer(offer: Offer): void {
    this.#offer = offer;
    this.files.file = offer.file;
    this.hub.blocked = false;
  }

  /** The server knows that what it offers runs, confirmed. */
  get updated(): boolean {
    return (
      this.hub.uuid === updateMessage(this.#offer.target, this.#offer.file).firmware_meta.uuid && this.hub.validated
    );
  }

  /** The boot loader, and the code of what it starts. Throws for a brick. */
  powerOn(): void {
    this.version = nextVersion(this.#bytes, this.#table);
    this.onStart(this.version);
    this.machineOf(this.version).boot();
  }

  leave(): Left {
    return { bytes: this.#bytes.slice(), inFlight: this.hub.inFlight };
  }

  /** Lets time pass until `done`, and stops there. @throws Error with the last lines when it never comes */
  async until(done: () => boolean, what: string, limitMs = 4 * hour): Promise<Left> {
    if (await runTimers(this.timers, done, limitMs)) return this.leave();
    throw new Error(`${what}: never came; runs ${this.version}\n${this.lines.slice(-30).join("\n")}`);
  }

  /** The same, until a moment between two flash operations. */
  async moment(name: "activating" | "activated"): Promise<Left> {
    await this.until(() => this.#moments.has(name), name);
    return this.#moments.get(name)!;
  }

  machineOf(version: string): Machine {
    let machine = this.#machines.get(version);
    if (machine !== undefined) return machine;
    const { release, application = {}, cuts = [] } = this.#codeOf(version);
    machine = release.machine({
      bytes: this.#bytes,
      table: this.#table,
      timers: this.timers,
      servers: new Map([
        [hubPort, this.hub.accept.bind(this.hub)],
        [filePort, this.files.accept.bind(this.files)],
      ]),
      application,
      cuts,
      resetReason: () => {
        const reason = this.#resetReason;
        this.#resetReason = "power_on";
        return reason;
      },
      restarting: () => {
        this.#resetReason = "software";
      },
      storing: (key) => this.keys.add(key),
      again: () => this.powerOn(),
      activating: () => this.#passes("activating"),
      activated: () => this.#passes("activated"),
    });
    this.#machines.set(version, machine);
    return machine;
  }

  #passes(name: "activating" | "activated"): void {
    if (!this.#moments.has(name)) this.#moments.set(name, this.leave());
  }
}
