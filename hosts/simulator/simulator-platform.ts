/*
 * The platform of a simulated device on XS: flash in a file with the boot loader's rules, real sockets, the computer's
 * clock. Opening the platform is like a reset of the hardware: the boot loader runs and decides which slot starts.
 *
 * Environment variables stand for facts of the hardware:
 *   NERVESHUB_FLASH       the file that is the flash; without it the flash lasts as long as the program, restarts of the
 *                         device included
 *   NERVESHUB_IDENTIFIER  the device identifier; default "simulator"
 *   NERVESHUB_LACKING     parts that it was flashed without, see ../flash-model/lacking.ts: "rollback,watchdog"; default none
 *   NERVESHUB_PRODUCT     product of the made-up image 1.0.0 that an empty flash gets, as by cable; default "simulator"
 */

import { networkOver } from "nerveshub/hosts/platform/secure";
import type { Device, DeviceFacts } from "../../modules/platform/device.js";
import type { Platform } from "../../modules/platform/platform.js";
import { buildImage } from "../flash-model/build-image.js";
import { FlashStore } from "../flash-model/flash-store.js";
import { openSlots, readLacks } from "../flash-model/lacking.js";
import { NorFlash } from "../flash-model/nor-flash.js";
import { openPartition, partitionTable } from "../flash-model/partition-table.js";
import { XsClock } from "../xs/clock.js";
import { XsCrypto } from "../xs/crypto.js";
import { machineFacts } from "../xs/machine.js";
import { PlainNetwork } from "../xs/network.js";
import { XsTimers } from "../xs/timers.js";
import { passingFile, SimulatorFile } from "./simulator-file.js";
import { environment, resolve, restart, SystemRandom } from "./system.js";

/** esp_chip_id_t of the ESP32-S3, whose images the simulated boot loader starts. */
const chipId = 9;
const writeSize = 16;
/** First byte of every ESP-IDF image. */
const imageMagic = 0xe9;

class SimulatedDevice implements Device {
  readonly watchdog: boolean;
  readonly identifier = environment("NERVESHUB_IDENTIFIER") ?? "simulator";
  readonly chipId = chipId;
  readonly resetReason = environment("NERVESHUB_RESET_REASON") ?? "power_on";
  readonly networkInterface = "eth0";

  constructor(watchdog: boolean) {
    this.watchdog = watchdog;
  }

  facts(): DeviceFacts {
    return machineFacts();
  }

  restart(): void {
    restart();
  }
}

const openFlash = (crypto: XsCrypto): NorFlash => {
  const table = partitionTable();
  const path = environment("NERVESHUB_FLASH") ?? passingFile();
  const flash = new NorFlash(new SimulatorFile(path, table.flashSize), writeSize);
  const slots = table.slots.map((slot) => openPartition(flash, slot));
  const first = new Uint8Array(1);
  const empty = slots.every((slot) => {
    slot.read(0, first);
    return first[0] !== imageMagic;
  });
  if (empty) {
    const projectName = environment("NERVESHUB_PRODUCT") ?? "simulator";
    const image = buildImage({ chipId, projectName, version: "1.0.0" }, crypto);
    const padded = new Uint8Array(Math.ceil(image.byteLength / writeSize) * writeSize).fill(0xff);
    padded.set(image);
    slots[0].erase(0, slots[0].size);
    slots[0].write(0, padded);
  }
  return flash;
};

/** @throws Fault of stage "flash": "no-bootable-image" when neither slot holds an image for this chip */
export const createPlatform = (): Platform => {
  const crypto = new XsCrypto();
  const clock = new XsClock();
  const timers = new XsTimers();
  const random = new SystemRandom();
  const table = partitionTable();
  const flash = openFlash(crypto);
  const lacking = readLacks(environment("NERVESHUB_LACKING") ?? "");
  return {
    network: networkOver({ network: new PlainNetwork(resolve), timers, clock, random }),
    clock,
    timers,
    random,
    crypto,
    slots: openSlots({ flash, table, crypto, chipId }, lacking),
    store: new FlashStore(openPartition(flash, table.state)),
    device: new SimulatedDevice(!lacking.includes("watchdog")),
    print: (line) => trace(`${line}\n`),
  };
};
