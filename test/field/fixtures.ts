/*
 * The states in which a device of the field can be when it meets another release: what a release has written by then into
 * slots, otadata and store. Written anew in every run, by the release's own code.
 *
 * To add one (whoever adds a record to the store does): a name, and `reach`, which drives a device until the record is
 * there. `unknown` when ce69a67 cannot write it. Every suite here goes through the whole list.
 */

import { partitionTable } from "../../hosts/flash-model/partition-table.js";
import { fixture as file } from "../support/harness.js";
import { image } from "../support/update-scene.js";
import { DeviceInTheField, type Left, type Offer } from "./device-in-the-field.js";
import type { Application, Release } from "./release.js";
import { flashed } from "./today.js";

const installed = image("1.0.0", 1, 294912);
const update = image("1.1.0", 1, 303104);
const flawed = image("1.0.9", 3, 8192);
const next = image("1.2.0", 4, 20480);

export const versions = { installed: "1.0.0", flawed: "1.0.9", update: "1.1.0", next: "1.2.0" };

export const offers = {
  update: { target: update, file: update },
  delta: { target: update, file: file("delta/update-1.0.0-1.1.0.patch") },
  flawed: { target: flawed, file: flawed },
  next: { target: next, file: next },
} satisfies Record<string, Offer>;

export const table = partitionTable({ slotSize: 393216 });

export interface Fixture {
  readonly name: string;
  /** What the server wants meanwhile; default: the update. */
  readonly offer?: Offer;
  readonly application?: Application;
  /** ce69a67 does not know the record. */
  readonly unknown?: true;
  reach(device: DeviceInTheField): Promise<Left>;
  /** The line that whoever starts on it prints, and which shows that the record was read. */
  readonly says?: RegExp;
}

/** The application's own check fails. */
export const refusing: Application = { link: { client: { validate: () => false }, trial: { deadlineMs: 60000 } } };

function joined({ hub }: DeviceInTheField): boolean {
  return hub.joins.length > 0;
}

/** The download stands still there when the power goes. */
function served(bytes: number): Pick<Fixture, "reach"> {
  return {
    reach: (device) => {
      device.files.answer = () => ({ cutAfter: bytes, breakAs: "silence" });
      return device.until(() => device.files.served === bytes, `${bytes} bytes`);
    },
  };
}

/** The old image runs again, and the server has heard that it went back. */
export function wentBack({ version, hub }: DeviceInTheField): boolean {
  const meta = hub.joins[hub.joins.length - 1]?.["meta"] as Record<string, unknown> | undefined;
  return version === versions.installed && meta?.["firmware_auto_revert_detected"] === true;
}

const keys = [
  ["fwup_public_keys", { keys: ["bIz9Di+yQh2oPGDrPtHYPhBVGTqIQgZwAqGHnDSqnT8="] }],
  ["archive_public_keys", { keys: ["VGhpcyBpcyB0aGUgb3RoZXIga2V5LCAzMiBieXRlcy4="] }],
] as const;
const archive = {
  url: "http://files.test:4001/archive",
  uuid: "5d2c1e8e-0000-4000-8000-000000000001",
  size: offers.update.file.byteLength,
};
const takesArchives: Application = {
  link: {
    client: { archiveAvailable: () => "download" },
    archiveWriter: { begin: () => {}, write: () => {}, finish: () => {}, abort: () => {} },
  },
};

export const fixtures: readonly Fixture[] = [
  { name: "idle", reach: (device) => device.until(() => joined(device), "joined") },
  { name: "in mid-image", ...served(200_000), says: /was interrupted and goes on[\s\S]*, from byte 131072 on/ },
  {
    name: "in mid-delta",
    offer: offers.delta,
    ...served(9000),
    says: /was interrupted and goes on[\s\S]*, from byte \d+ on/,
  },
  { name: "verified and not activated", reach: (device) => device.moment("activating"), says: /, from byte 303104 on/ },
  { name: "activated", reach: (device) => device.moment("activated"), says: /The image is on trial/ },
  {
    name: "on trial",
    offer: offers.flawed,
    application: refusing,
    reach: async (device) => {
      await device.until(() => device.hub.joins.length > 1, "on trial");
      const joinedMs = device.timers.now;
      return device.until(() => device.timers.now > joinedMs + 1000, "refused by the application");
    },
    says: /Firmware 1\.0\.9 did not stay and the device went back\. The application's own check/,
  },
  {
    name: "after a revert",
    offer: offers.flawed,
    application: refusing,
    reach: (device) => device.until(() => wentBack(device), "back"),
    says: /The device went back from this firmware once: /,
  },
  {
    name: "after a crash",
    reach: async (device) => {
      await device.until(() => joined(device), "joined");
      device.machine.crash(new RangeError("out of stack at 2 km"));
      return device.leave();
    },
    says: /The last run ended with an error: RangeError: out of stack at 2 km/,
  },
  {
    name: "with keys and an archive of the server",
    application: takesArchives,
    reach: async (device) => {
      // Archives wait for updates: none is offered.
      device.hub.inFlight = true;
      await device.until(() => joined(device), "joined");
      for (const [event, payload] of keys) device.hub.push(event, payload);
      device.hub.push("archive", archive);
      await device.until(() => device.lines.some((line) => line.includes("is complete")), "the archive");
      return { ...device.leave(), inFlight: false };
    },
  },
  {
    name: "knowing of a boot loader without rollback",
    unknown: true,
    application: { ...refusing, withoutRollback: true },
    offer: offers.flawed,
    reach: (device) => device.until(() => wentBack(device), "back"),
  },
];

export interface Written {
  readonly left: Left;
  /** Of the store, that were ever set. */
  readonly keys: ReadonlySet<string>;
}

const written = new Map<string, Promise<Written>>();

/** What a device has when `release` has brought it into the fixture's state. Driven once; nobody changes what is left. */
export function write(fixture: Fixture, release: Release): Promise<Written> {
  const name = `${fixture.name} by ${release.name}`;
  const known = written.get(name) ?? drive(fixture, release);
  written.set(name, known);
  return known;
}

const factory: Left = { bytes: flashed(table, installed), inFlight: false };

async function drive({ offer = offers.update, application = {}, reach }: Fixture, release: Release): Promise<Written> {
  const device = new DeviceInTheField(factory, table, offer, () => ({ release, application }));
  device.powerOn();
  return { left: await reach(device), keys: device.keys };
}
