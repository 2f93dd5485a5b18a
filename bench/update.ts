/*
 * Figures of a whole update on Node, in virtual time: CPU per MB from the socket to the verified slot, beside the bare
 * download of the same file over the same network in the same run; and erase commands beside the fewest that the slot
 * could do with. `ratio` is value / reference: 1 would be an update that costs nothing beyond the download.
 */

import { blockSize, sectorSize } from "../hosts/shared/flash.js";
import { MemoryFlash } from "../hosts/shared/memory-flash.js";
import { HttpGet } from "../modules/http/get.js";
import { image, runTimers, type SceneOptions, UpdateScene } from "../test/virtual/update-scene.js";
import { filePort } from "../test/virtual/virtual-device.js";
import { VirtualNetwork } from "../test/virtual/virtual-network.js";

const before = image("1.0.0", 1, 1_376_256);
const after = image("1.1.0", 2, 1_376_256);
const megabytes = after.byteLength / 1_000_000;
const runs = 5;

function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Flash without the rules of the model, which would be most of what is measured. */
class PlainFlash extends MemoryFlash {
  override write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }

  override erase(offset: number, length: number): void {
    this.bytes.fill(0xff, offset, offset + length);
  }
}

/** The file, read and dropped. */
async function download(): Promise<number> {
  const scene = new UpdateScene({ before, after });
  const { timers, files } = scene;
  const network = new VirtualNetwork(timers, new Map([[filePort, files.accept.bind(files)]]));
  const start = process.cpuUsage();
  let ended = false;
  new HttpGet({
    network,
    timers,
    url: `http://files.test:${filePort}/x`,
    connectTimeoutMs: 1000,
    idleTimeoutMs: 1000,
    onResponse: () => {},
    onData: () => {},
    onEnd: () => {
      ended = true;
    },
    onFault: (fault) => {
      throw fault;
    },
  });
  await runTimers(timers, () => ended, 60000);
  return cpuMs(start) / megabytes;
}

/** From the offer to the restart into the new image. */
async function update(newFlash: SceneOptions["newFlash"]): Promise<{ cpu: number; erases: number }> {
  const scene = new UpdateScene({ before, after, newFlash });
  scene.device.powerOn();
  await scene.run(() => scene.hub.offers === 1, 60000);
  const start = process.cpuUsage();
  await scene.run(() => scene.device.restarts === 1, 600000);
  return { cpu: cpuMs(start) / megabytes, erases: scene.flash.eraseCommands };
}

const downloads: number[] = [];
const updates: number[] = [];
for (let run = 0; run < runs; run++) {
  downloads.push(await download());
  updates.push((await update((size) => new PlainFlash(size, 16))).cpu);
}
const { erases } = await update(undefined);
const reference = Math.min(...downloads);
const value = Math.min(...updates);
const fewest = Math.floor(after.byteLength / blockSize) + Math.ceil((after.byteLength % blockSize) / sectorSize);
const lines = [
  { name: "update, CPU on Node", value, unit: "ms/MB", reference, ratio: value / reference },
  { name: "update, erase commands", value: erases, unit: "erases", reference: fewest, ratio: erases / fewest },
];
for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
