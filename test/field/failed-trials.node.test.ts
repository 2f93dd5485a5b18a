/*
 * Devices in the field: every way in which this release can fail on a device of ce69a67, and what the old one then says to
 * the server. It reads the records and the crash that the new one has left.
 */

import { assert, it, report } from "../support/harness.js";
import { filePort } from "../support/virtual-device.js";
import { type Choice, someCuts, thereAndBack } from "./crossings.js";
import type { DeviceInTheField } from "./device-in-the-field.js";
import { describeField } from "./field-suite.js";
import { fixtures, refusing } from "./fixtures.js";
import type { Application } from "./release.js";

const deadline = { trial: { deadlineMs: 60000 } };

const failures: readonly [name: string, application: Application, reason: RegExp][] = [
  ["its own check fails", refusing, /own check of the new image has not passed/],
  ["no server is where it looks", { link: { ...deadline, port: filePort + 1 } }, /not confirmed within 60 s.*refused/],
  ["it never starts the link", { link: deadline, begin: () => {} }, /was not confirmed within 60 s/],
  ["it restarts", { begin: (machine) => machine.restart() }, /The restart before this one: software/],
  [
    "it crashes",
    { begin: (machine) => machine.crash(new RangeError("no room")) },
    /The restart before this one: software/,
  ],
  ["it refuses its options", { link: { heartbeat: { intervalMs: 5 } } }, /"heartbeat.intervalMs" must be/],
  ["the boot loader has no rollback", { ...refusing, withoutRollback: true }, /own check of the new image has not/],
];

const noCuts: Choice = () => [];

/** The update that failed is offered once more. */
function putsOff(reason: RegExp): (device: DeviceInTheField) => Promise<unknown> {
  return async (device) => {
    const word = (): unknown => device.hub.reports.find(({ payload }) => payload["status"] === "rescheduled")?.payload;
    await device.until(() => word() !== undefined, "put off");
    assert.match(String((word() as Record<string, unknown>)["reason"]), reason);
  };
}

describeField("devices in the field: a trial that fails", (past) => {
  const [idle] = fixtures;
  for (const [name, application, reason] of failures) {
    it(`${name}: ce69a67 puts the firmware off, and says why`, async () => {
      await thereAndBack(idle, past, application, noCuts, putsOff(reason));
    });

    it(`${name}: wherever the power goes, ce69a67 goes on and takes the next offer`, async () => {
      report(`${await thereAndBack(idle, past, application, someCuts)} power cuts, 0 bricked`);
    });
  }

  it("a crash of the new one is told by ce69a67", async () => {
    const crashes: Application = { begin: (machine) => machine.crash(new RangeError("no room")) };
    await thereAndBack(idle, past, crashes, noCuts, async ({ lines }) => {
      assert.ok(
        lines.some((line) => line.startsWith("1.0.0 ") && line.includes("ended with an error: RangeError: no room")),
      );
    });
  });
});
