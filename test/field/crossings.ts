/*
 * Ways of a device from one release to another, each from a fixture and with cuts at flash operations of the first start
 * of what is new to it. Each ends with the device where it should be and the server knowing, or throws.
 */

import { tears } from "../../hosts/flash-model/memory-flash.js";
import { assert } from "../support/harness.js";
import type { Cut } from "../support/virtual-device.js";
import { type Code, DeviceInTheField, type Left, type Offer } from "./device-in-the-field.js";
import { type Fixture, offers, table, versions, wentBack, write } from "./fixtures.js";
import type { Application, Release } from "./release.js";
import { nextVersion, today } from "./today.js";

interface Crossing {
  left: Left;
  offer: Offer;
  codeOf(version: string): Code;
  end(device: DeviceInTheField): Promise<void>;
}

/** Which cuts are made among so many operations. */
export type Choice = (operations: number) => Cut[];

export const everyCut: Choice = (operations) =>
  tears.flatMap((tear) => Array.from({ length: operations }, (_, i) => ({ at: i + 1, tear })));

/** Every operation of a start that downloads nothing, a few of one that does; the tears take turns. */
export const someCuts: Choice = (operations) => {
  const step = operations <= 10 ? 1 : Math.ceil(operations / 4);
  const count = Math.floor(operations / step);
  return Array.from({ length: count }, (_, i) => ({ at: 1 + i * step, tear: tears[i % tears.length] }));
};

/** What it wants when it meets the other release. */
function goal({ offer }: Fixture): Offer {
  return offer === offers.delta ? offers.delta : offers.update;
}

async function endsUpdated(device: DeviceInTheField, version: string): Promise<void> {
  await device.until(() => device.updated, `updated to ${version}`);
  assert.equal(device.version, version);
  assert.deepEqual(device.hub.crashes, [], device.lines.join("\n"));
}

/** @returns what the fixture's device has when `release` has brought it to the first start of `version` */
async function upTo(version: string, fixture: Fixture, release: Release): Promise<Left> {
  const { left } = await write(fixture, release);
  let arrived: Left | undefined;
  const device = new DeviceInTheField(left, table, goal(fixture), () => ({ release }));
  device.onStart = (next) => {
    if (next === version) arrived ??= device.leave();
  };
  device.powerOn();
  await device.until(() => arrived !== undefined, `the first start of ${version}`);
  return arrived!;
}

/**
 * Goes on from `left` without a cut, and then once for each cut of what starts first.
 * @returns cuts made
 */
async function withCuts({ left, offer, codeOf, end }: Crossing, choice: Choice): Promise<number> {
  const first = nextVersion(left.bytes, table);
  const cross = async (cuts: Cut[]): Promise<DeviceInTheField> => {
    const device = new DeviceInTheField(left, table, offer, (version) => ({
      ...codeOf(version),
      cuts: version === first ? cuts : [],
    }));
    device.powerOn();
    await end(device);
    return device;
  };
  const cuts = choice((await cross([])).machineOf(first).operations);
  for (const cut of cuts) {
    try {
      assert.equal((await cross([cut])).machineOf(first).cuts, 1, "the power never went");
    } catch (error) {
      throw new Error(`cut at ${cut.at} (${cut.tear}): ${(error as Error).message}`, { cause: error });
    }
  }
  return cuts.length;
}

/** What `writer` has written is read by `reader`, which says so. */
export async function isUnderstood(fixture: Fixture, writer: Release, reader: Release): Promise<void> {
  const { offer = offers.update, says } = fixture;
  const { left } = await write(fixture, writer);
  const device = new DeviceInTheField(left, table, offer, () => ({ release: reader }));
  device.powerOn();
  if (says !== undefined) await device.until(() => says.test(device.lines.join("\n")), `a line that says ${says}`);
}

/**
 * The other release was flashed by cable over whatever was there, and the store kept.
 * @param change of what is there
 */
export async function inPlace(
  fixture: Fixture,
  writer: Release,
  reader: Release,
  choice: Choice,
  change: (left: Left) => Left = (left) => left,
): Promise<number> {
  const left = change((await write(fixture, writer)).left);
  const codeOf = (): Code => ({ release: reader });
  const end = (device: DeviceInTheField): Promise<void> => endsUpdated(device, versions.update);
  return withCuts({ left, offer: goal(fixture), codeOf, end }, choice);
}

/** `from` takes `to` as an update, which must stay. */
export async function overTheAir(fixture: Fixture, from: Release, to: Release, choice: Choice): Promise<number> {
  const left = await upTo(versions.update, fixture, from);
  const codeOf = (version: string): Code => ({ release: version === versions.update ? to : from });
  const end = (device: DeviceInTheField): Promise<void> => endsUpdated(device, versions.update);
  return withCuts({ left, offer: goal(fixture), codeOf, end }, choice);
}

/**
 * The past release takes today's code as an update, which fails its trial. The past one says so, and takes the next.
 * @param application of today's code
 * @param back what is seen between the two; nothing blocks the next offer
 */
export async function thereAndBack(
  fixture: Fixture,
  past: Release,
  application: Application,
  choice: Choice,
  back: (device: DeviceInTheField) => Promise<unknown> = async () => {},
): Promise<number> {
  const left = await upTo(versions.update, fixture, past);
  const codeOf = (version: string): Code =>
    version === versions.update ? { release: today, application } : { release: past };
  const end = async (device: DeviceInTheField): Promise<void> => {
    await device.until(() => wentBack(device), "back, and the server knows");
    await back(device);
    device.offer(offers.next);
    await endsUpdated(device, versions.next);
  };
  return withCuts({ left, offer: goal(fixture), codeOf, end }, choice);
}
