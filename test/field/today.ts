/*
 * Today's code as a release: the one file of these suites that knows the API of the link, of the virtual device and of the
 * flash model.
 */

import { boot } from "../../hosts/flash-model/boot-loader.js";
import { FlashStore } from "../../hosts/flash-model/flash-store.js";
import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, type PartitionTable } from "../../hosts/flash-model/partition-table.js";
import { parseImageHead } from "../../modules/ota/image.js";
import { firmwareMetadata } from "../../src/firmware/firmware-metadata.js";
import type { LinkWithFeatures } from "../support/all-features.js";
import { crypto } from "../support/harness.js";
import { chipId } from "../support/update-scene.js";
import { VirtualDevice } from "../support/virtual-device.js";
import { type MachineOptions, machineOf, observed, type Release } from "./release.js";

/** As with flash encryption: what may be written then may always be. */
export const writeSize = 16;

/** A writer of archives and what decides on them are options of a feature now. */
function linkOf(link: MachineOptions["application"]["link"] = {}): LinkWithFeatures {
  const { archiveWriter: writer, client, ...others } = link;
  const available = client?.archiveAvailable;
  return { ...others, client, ...(writer === undefined ? {} : { archives: { writer, available } }) };
}

/** With what a release of before had under other names. */
class CrashingDevice extends VirtualDevice {
  get host() {
    return this.platform;
  }

  recordCrash(error: unknown): boolean {
    return this.features.errorReports.recordCrash(error);
  }
}

export const today: Release = {
  name: "today's code",
  machine: (options) =>
    machineOf(
      new CrashingDevice({
        ...options,
        flash: new MemoryFlash(options.bytes, writeSize),
        crypto,
        chipId,
        link: linkOf(options.application.link),
        lacking: options.application.withoutRollback ? ["boot-loader-rollback"] : [],
        changePlatform: (platform) => observed(platform, options),
      }),
      options,
    ),
  stored: (bytes, table, key) => new FlashStore(openPartition(new MemoryFlash(bytes, writeSize), table.state)).get(key),
};

/** A flash as it comes from the factory. */
export function flashed(table: PartitionTable, image: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(table.flashSize).fill(0xff);
  openPartition(new MemoryFlash(bytes, writeSize), table.slots[0]).write(0, image);
  return bytes;
}

/** Sets a key of the store, as a release of the future might. */
export function setKey(bytes: Uint8Array, table: PartitionTable, key: string, value: Uint8Array): void {
  new FlashStore(openPartition(new MemoryFlash(bytes, writeSize), table.state)).set(key, value);
}

/** Version of the image that the boot loader would start. @throws Fault "no-bootable-image": a brick */
export function nextVersion(bytes: Uint8Array, table: PartitionTable): string {
  const flash = new MemoryFlash(bytes.slice(), writeSize);
  const slot = openPartition(flash, table.slots[boot({ flash, table, crypto, chipId })]);
  const head = new Uint8Array(4096);
  slot.read(0, head);
  return firmwareMetadata(parseImageHead(head)).version;
}
