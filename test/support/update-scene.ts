/*
 * One device, one hub, one file server and an update between two firmwares, run in virtual time until it is through or
 * nothing can happen any more. Portable; what a test varies are the options and the faults.
 */

import { buildImage } from "../../hosts/flash-model/build-image.js";
import type { Lack } from "../../hosts/flash-model/lacking.js";
import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, type PartitionTable, partitionTable } from "../../hosts/flash-model/partition-table.js";
import { parseImageHead } from "../../modules/ota/image.js";
import type { Platform } from "../../modules/platform/platform.js";
import { toHex } from "../../modules/text/hex.js";
import { firmwareMetadata } from "../../src/firmware/firmware-metadata.js";
import { partSize } from "../../src/update/offer.js";
import type { LinkWithFeatures } from "./all-features.js";
import { FileServer } from "./file-server.js";
import { crypto } from "./harness.js";
import { ManualTimers } from "./manual-timers.js";
import { type Cut, filePort, hubPort, VirtualDevice } from "./virtual-device.js";
import { VirtualHub } from "./virtual-hub.js";

export const chipId = 9;
export const product = "virtual";

export function image(version: string, seed: number, size: number): Uint8Array {
  return buildImage({ chipId, projectName: product, version, size, seed }, crypto);
}

export function sha256(bytes: Uint8Array): string {
  const digest = crypto.digest("sha256");
  digest.update(bytes);
  return toHex(digest.finish()).toUpperCase();
}

/** The `update` message for `target`, downloaded as `file` (itself, or a patch). */
export function updateMessage(target: Uint8Array, file: Uint8Array): { firmware_meta: { uuid: string } } {
  const meta = firmwareMetadata(parseImageHead(target));
  const parts: string[] = [];
  for (let at = 0; at < file.byteLength; at += partSize) parts.push(sha256(file.slice(at, at + partSize)));
  const message = {
    firmware_meta: meta,
    size: file.byteLength,
    checksum: sha256(file),
    partials_checksums: parts,
    deployment_id: 1,
  };
  return message;
}

export interface SceneOptions {
  before: Uint8Array;
  after: Uint8Array;
  /** What is downloaded; default `after` itself. */
  file?: Uint8Array;
  /** Changes the `update` message. */
  message?: Record<string, unknown>;
  /** Of the download, for each offer. Default: a fresh one over http, whose query is a secret. */
  url?(): string;
  link?: LinkWithFeatures;
  /** Makes the flash; default: the model with every rule checked. */
  newFlash?(size: number): MemoryFlash;
  /** Changes the host of every run: what hardware can do wrong. */
  changePlatform?(platform: Platform): Platform;
  /** What every run lacks; a test may change it between two. */
  lacking?: readonly Lack[];
  /** Moments at which the power goes, in order. */
  cuts?: readonly Cut[];
  /** Default: room for the larger image and 64 KB. */
  slotSize?: number;
}

function roomFor(...images: Uint8Array[]): number {
  const largest = Math.max(...images.map((bytes) => bytes.byteLength));
  return (Math.ceil(largest / 65536) + 1) * 65536;
}

export class UpdateScene {
  readonly timers = new ManualTimers();
  readonly table: PartitionTable;
  readonly flash: MemoryFlash;
  readonly hub: VirtualHub;
  readonly files: FileServer;
  readonly device: VirtualDevice;
  readonly #options: SceneOptions;

  /** @param flash as another scene left it, or undefined for a device that has just been flashed by cable */
  constructor(options: SceneOptions) {
    this.#options = options;
    const { before, after, file = after, message } = options;
    this.table = partitionTable({ slotSize: options.slotSize ?? roomFor(before, after) });
    const { flashSize } = this.table;
    this.flash = options.newFlash?.(flashSize) ?? new MemoryFlash(flashSize, 16);
    const padded = new Uint8Array(Math.ceil(before.byteLength / 16) * 16).fill(0xff);
    padded.set(before);
    openPartition(this.flash, this.table.slots[0]).write(0, padded);
    this.flash.powerOn();
    this.files = new FileServer(file);
    let urls = 0;
    this.hub = new VirtualHub({
      crypto,
      timers: this.timers,
      update: { ...updateMessage(after, file), ...message },
      url: options.url ?? (() => `http://files.test:${filePort}/firmware.bin?signature=secret-${++urls}`),
    });
    const servers = new Map([
      [hubPort, this.hub.accept.bind(this.hub)],
      [filePort, this.files.accept.bind(this.files)],
    ]);
    const { flash, table, timers } = this;
    this.device = new VirtualDevice({ ...options, flash, table, crypto, timers, servers, chipId });
  }

  /** Version that runs now; undefined while nothing runs. */
  get version(): string | undefined {
    const head = new Uint8Array(4096);
    try {
      this.device.platform?.slots.running.read(0, head);
      return firmwareMetadata(parseImageHead(head)).version;
    } catch {
      return undefined;
    }
  }

  /** True when the hub knows the new firmware and that it is confirmed. */
  get updated(): boolean {
    return this.hub.uuid === firmwareMetadata(parseImageHead(this.#options.after)).uuid && this.hub.validated;
  }

  /** See runTimers. */
  run(done: () => boolean, limitMs: number): Promise<boolean> {
    return runTimers(this.timers, done, limitMs);
  }
}

/** Lets time pass, timer by timer. @returns whether `done` came true within `limitMs` */
export async function runTimers(timers: ManualTimers, done: () => boolean, limitMs: number): Promise<boolean> {
  const until = timers.now + limitMs;
  for (;;) {
    await settle();
    if (done()) return true;
    const { nextMs } = timers;
    if (nextMs === undefined || timers.now + nextMs > until) return false;
    timers.advance(nextMs);
  }
}

/** Lets promises run: the update's steps await one another, never more than a few at once. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await undefined;
}
