/*
 * The main job for somebody who has nothing but Node: a desk hub in this process, the agent in another with its flash in
 * a folder, and a newer image. Whatever is shown was reported by one of the two; nothing is scripted.
 */

import { randomBytes, randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blockSize } from "../../hosts/flash-model/flash.js";
import { partitionTable } from "../../hosts/flash-model/partition-table.js";
import { type DeviceEvent, Supervisor } from "../device/supervisor.js";
import { Hub } from "../hub/hub.js";
import type { TimelineEntry } from "../hub/timeline.js";
import type { DemoImages } from "./images.js";
import type { Screen } from "./screen.js";

const identifier = "demo-device";
/** The whole takes seconds; a machine under load takes some more. */
const limitMs = 120000;
/** Fast enough not to bore, slow enough to be seen. */
const bytesPerSecond = 700_000;

export interface DemoOptions {
  images: DemoImages;
  screen: Screen;
  /** Send a patch instead of the image. */
  delta: boolean;
  /** Cut power and connections on the way. */
  chaos: boolean;
}

/** Where power is cut, in percent of the download; one of them by chance a little later or earlier. */
const powerCuts = [18, 43, 77];
/** Connections that break off, after a random number of bytes up to this. */
const droppedConnections = 3;
const dropWithin = 300_000;

export interface DemoResult {
  /** undefined when it succeeded. */
  failure: string | undefined;
  seconds: number;
  /** Starts of the device's process. */
  starts: number;
  /** What the hub sent, in its words. */
  offered: string;
}

export class Demo {
  readonly #images: DemoImages;
  readonly #screen: Screen;
  readonly #folder = mkdtempSync(join(tmpdir(), "nerveshub-demo-"));
  readonly #hub: Hub;
  readonly #supervisor: Supervisor;
  readonly #startedMs = performance.now();
  readonly #lines: string[] = [];
  /** Percent at which power is still to be cut. */
  readonly #cuts: number[];
  /** Runs while the demonstration does, and would hold the process for as long. */
  #limit: NodeJS.Timeout | undefined;
  #starts = 0;
  #offered = "";
  /** What follows is the end of the demonstration, not of the device. */
  #over = false;
  #finish: (failure: string | undefined) => void = () => {};

  constructor({ images, screen, delta, chaos }: DemoOptions) {
    this.#images = images;
    this.#screen = screen;
    this.#cuts = chaos ? powerCuts.map((percent) => percent + randomInt(12)) : [];
    const key = `nhp_${randomBytes(32).toString("base64").replace(/=+$/, "")}`;
    const secret = randomBytes(32).toString("base64").replace(/=+$/, "");
    this.#hub = new Hub({
      product: images.product,
      keys: [{ key, secret }],
      downloadBytesPerSecond: bytesPerSecond,
      offerDelayMs: 300,
      deltas: delta ? "auto" : "off",
    });
    if (chaos) {
      for (let i = 0; i < droppedConnections; i++) this.#hub.faults.set({ kind: "drop", after: randomInt(dropWithin) });
    }
    const image = join(this.#folder, "first.bin");
    writeFileSync(image, images.before);
    this.#supervisor = new Supervisor({
      env: { NERVESHUB_PRODUCT_SECRET: secret },
      onEvent: (event) => this.#device(event),
      onExit: (status) => this.#finish(`the device's process ended with status ${status}`),
    });
    // Slots that both images fit in; a real one may be larger than those of a board with 4 MB.
    const slotSize =
      Math.ceil(Math.max(images.after.byteLength, partitionTable().slots[0].size) / blockSize) * blockSize;
    const slots = ["--slot-size", String(slotSize)];
    this.#options = ["--product-key", key, "--identifier", identifier, "--image", image, ...slots];
  }
  readonly #options: string[];

  /** Runs until the device has confirmed its new image, or something fails. */
  async run(): Promise<DemoResult> {
    const data = join(this.#folder, "device");
    mkdirSync(data);
    this.#hub.onEvent((entry) => this.#server(entry));
    await this.#hub.start();
    if (this.#over) return this.#result("it was ended");
    const { product, platform, beforeVersion } = this.#images;
    this.#screen.fact("desk hub", `127.0.0.1:${this.#hub.port}, product "${product}"`);
    this.#screen.fact("device", `${platform}, ${product} ${beforeVersion}, flash in ${data}`);
    const problem = this.#addImages();
    if (problem !== undefined) return this.#result(problem);
    const where = ["--host", "127.0.0.1", "--port", String(this.#hub.port), "--no-ssl", "--data", data];
    const failure = await new Promise<string | undefined>((resolve) => {
      this.#limit = setTimeout(() => resolve(`nothing more happened for ${limitMs / 1000} s`), limitMs);
      this.#finish = (why) => {
        this.#over = true;
        resolve(why);
      };
      this.#supervisor.start([...where, ...this.#options]);
    });
    return this.#result(failure);
  }

  #result(failure: string | undefined): DemoResult {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    return { failure, seconds, starts: this.#starts, offered: this.#offered };
  }

  /** @returns why the hub does not take one of them */
  #addImages(): string | undefined {
    const { before, after, patch } = this.#images;
    const older = this.#hub.addImage(before, "older.bin");
    const newer = this.#hub.addImage(after, "newer.bin");
    if (typeof older === "string") return older;
    if (typeof newer === "string") return newer;
    if (patch !== undefined) this.#hub.deltas.add(older.metadata.uuid, newer.metadata.uuid, patch);
    return undefined;
  }

  get port(): number {
    return this.#hub.port;
  }

  /** What the device logged, for a failure's post-mortem. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Ends both and leaves nothing behind. */
  async stop(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#limit);
    await this.#supervisor.stop();
    await this.#hub.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #device(event: DeviceEvent): void {
    if (this.#over) return;
    switch (event.type) {
      case "log":
        this.#lines.push(event.line);
        this.#resumed(event.line);
        break;
      case "started":
        this.#starts++;
        if (event.trial)
          this.#screen.done(`device has restarted into ${event.version}, on trial: it must reach the hub or go back`);
        break;
      case "offered":
        this.#screen.done(
          `device takes the update to ${event.version}, ${event.size ?? "?"} bytes, into its inactive slot`,
        );
        break;
      case "progress":
        this.#screen.progress(event.percent);
        this.#cutPower(event.percent);
        break;
      case "error":
        this.#screen.trouble(`${event.message} [${event.code}]`);
        break;
      case "restarting":
        this.#screen.done("device restarts");
        break;
    }
  }

  #resumed(line: string): void {
    const byte = /, from byte (\d+) on\.$/.exec(line)?.[1];
    if (byte !== undefined)
      this.#screen.done(`device goes on at byte ${byte}: what was downloaded is not fetched again`);
  }

  #cutPower(percent: number): void {
    if (this.#cuts.length === 0 || percent < this.#cuts[0]) return;
    this.#cuts.shift();
    this.#screen.trouble(`power cut at ${percent} %: the device's process is killed and started again`);
    this.#supervisor.cutPower();
  }

  #server({ kind, text }: TimelineEntry): void {
    if (this.#over) return;
    if (kind === "joined") this.#screen.done(`hub accepted the device's join: ${text}`);
    else if (kind === "offered") {
      this.#offered = text;
      this.#screen.done(`hub offers: ${text}`);
    } else if (kind === "download" && text.includes("drop"))
      this.#screen.trouble(`hub will break this download off (${text.split(" of ")[0]})`);
    else if (kind === "refused") this.#screen.trouble(`hub refused a connection: ${text}`);
    else if (kind === "status") {
      this.#screen.done(`hub was told: ${text}`);
      const { inflight } = this.#hub.device(identifier) ?? {};
      if (inflight === undefined) this.#finish(`the update ended: ${text}`);
    } else if (kind === "validated") {
      this.#screen.done("device has confirmed the new image, and told the hub");
      this.#finish(undefined);
    }
  }
}
