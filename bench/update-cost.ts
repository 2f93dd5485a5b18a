/*
 * What a whole update costs beyond the download: CPU time per MB from the offer to the restart, beside the bare download of the same file over the same network in the same run; and erase commands
 * beside the fewest that the slot could do with. Portable: Node and XS run the same.
 *
 * The network is in memory and the flash has no rules, so what is left is the agent: HTTP, checks, hashes, writer.
 */

import { blockSize, sectorSize } from "../hosts/flash-model/flash.js";
import { MemoryFlash } from "../hosts/flash-model/memory-flash.js";
import { HttpGet } from "../modules/http/get.js";
import { image, runTimers, type SceneOptions, UpdateScene } from "../test/support/update-scene.js";
import { filePort } from "../test/support/virtual-device.js";
import { VirtualNetwork } from "../test/support/virtual-network.js";

export interface Figure {
  name: string;
  value: number;
  unit: string;
  reference: number;
  /** value / reference */
  ratio: number;
}

const size = 1_376_256;
const megabytes = size / 1_000_000;
const runs = 3;

/** Flash without the rules of the model, which would be most of what is measured. */
class PlainFlash extends MemoryFlash {
  override write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }

  override erase(offset: number, length: number): void {
    this.bytes.fill(0xff, offset, offset + length);
  }
}

/** The file, read and dropped. @returns milliseconds per MB */
async function download(options: SceneOptions, nowMs: () => number): Promise<number> {
  const { timers, files } = new UpdateScene(options);
  const network = new VirtualNetwork(timers, new Map([[filePort, files.accept.bind(files)]]));
  const start = nowMs();
  let ended = false;
  const url = `http://files.test:${filePort}/x`;
  new HttpGet(
    { network, timers, url, connectTimeoutMs: 1000, idleTimeoutMs: 1000 },
    {
      responded: () => {},
      data: () => {},
      ended: () => {
        ended = true;
      },
      failed: (fault) => {
        throw fault;
      },
    },
  );
  await runTimers(timers, () => ended, 60000);
  return (nowMs() - start) / megabytes;
}

/** From the offer to the restart into the new image. @returns milliseconds per MB, and erase commands */
async function update(options: SceneOptions, nowMs: () => number): Promise<{ cost: number; erases: number }> {
  const scene = new UpdateScene(options);
  scene.device.powerOn();
  await scene.run(() => scene.hub.offers === 1, 60000);
  const start = nowMs();
  await scene.run(() => scene.device.restarts === 1, 600000);
  return { cost: (nowMs() - start) / megabytes, erases: scene.flash.eraseCommands };
}

/**
 * @param engine for the names: "Node" or "XS"
 * @param nowMs milliseconds of CPU used so far
 */
export async function updateCost(engine: string, nowMs: () => number): Promise<Figure[]> {
  const options = { before: image("1.0.0", 1, 65536), after: image("1.1.0", 2, size) };
  const plain = { ...options, newFlash: (bytes: number) => new PlainFlash(bytes, 16) };
  let reference = Number.POSITIVE_INFINITY;
  let value = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    reference = Math.min(reference, await download(plain, nowMs));
    value = Math.min(value, (await update(plain, nowMs)).cost);
  }
  const { erases } = await update(options, nowMs);
  const fewest = Math.floor(size / blockSize) + Math.ceil((size % blockSize) / sectorSize);
  return [
    { name: `update, ${engine}`, value, unit: "ms/MB", reference, ratio: value / reference },
    { name: "update, erase commands", value: erases, unit: "erases", reference: fewest, ratio: erases / fewest },
  ];
}
