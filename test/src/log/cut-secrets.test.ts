/*
 * Issue 13, item 16: a secret that a cut goes through must not show its beginning, whatever is shortened.
 */

import { decodeUtf8 } from "../../../modules/text/utf8.js";
import { ErrorReports } from "../../../src/features/error-reports/error-reports.js";
import { Redactor } from "../../../src/log/redact.js";
import { Report } from "../../../src/update/report.js";
import { assert, describe, it } from "../../support/harness.js";
import { LinkScene } from "../../support/link-scene.js";
import { Stage } from "../../support/stage.js";

const secret = "very-secret-text";
const beginning = "very";

/** Texts in which a cut after any number of characters up to 10,000 goes through the secret, now and then. */
const texts = [0, 1, 2, 3, 5, 8, 13].map((shift) => `${"x".repeat(shift)}${`${secret} `.repeat(700)}`);

describe("13.16 a secret that a cut goes through", () => {
  it("shows nothing of itself in a reason that the server gets", () => {
    for (let before = 170; before <= 200; before++) {
      const sent: string[] = [];
      const pusher = { joined: {}, push: (_: string, payload: object) => void sent.push(JSON.stringify(payload)) };
      const report = new Report(pusher as never, new Redactor([secret]), "current", "wlan0");
      report.received();
      report.ended({ word: "rescheduled", reason: `${"a".repeat(before)}${secret}`, delayMs: 1 });
      assert.ok(!sent.join().includes(beginning), sent.join());
    }
  });

  it("shows nothing of itself in a crash record, in the store and as it is sent, nor in a report", () => {
    for (const text of texts) {
      const error = new Error(text);
      Object.defineProperty(error, "stack", { value: `Error\n at f (${text})` });
      const stage = new Stage();
      const reports = stage.core.install(new ErrorReports());
      assert.ok(reports.recordCrash(error));
      for (const bytes of stage.stored.values()) assert.ok(!decodeUtf8(bytes).includes(beginning));
      reports.report(error, { what: text });
      const after = new Stage();
      for (const [key, bytes] of stage.stored) after.stored.set(key, bytes);
      after.core.install(new ErrorReports());
      const sent = JSON.stringify([stage.core.pushed, after.core.pushed]);
      assert.ok(!sent.includes(beginning));
    }
  });

  it("shows nothing of itself in a line of the log", () => {
    for (const text of texts) {
      const stage = new Stage();
      stage.log.error(text);
      assert.ok(!stage.printed.join().includes(beginning));
    }
  });

  it("is known to the redactor by the application as well", () => {
    const passphrase = "correct horse battery";
    const scene = new LinkScene({ secrets: [passphrase] });
    scene.advance(10_000);
    scene.device.link?.log("info", `joined with ${passphrase}`);
    const lines = scene.device.lines.join("\n");
    assert.ok(lines.includes("joined with [redacted]") && !lines.includes(passphrase), lines);
  });
});
