import { DevicePusher } from "../../../src/connection/device-pusher.js";
import { Redactor } from "../../../src/log/redact.js";
import { Report } from "../../../src/update/report.js";
import { assert, describe, it } from "../../support/harness.js";

class Port extends DevicePusher {
  readonly sent: string[] = [];
  open = true;

  override push(event: string, payload: object): string | undefined {
    if (!this.open) return undefined;
    this.sent.push(`${event} ${JSON.stringify(payload)}`);
    return String(this.sent.length);
  }
}

function online(words: "current" | "legacy" = "current"): { report: Report; port: Port } {
  const port = new Port();
  const report = new Report(port, new Redactor([]), words, "wlan0");
  report.online();
  return { report, port };
}

describe("update report", () => {
  it("says nothing before an offer and nothing after a final word", () => {
    const { report, port } = online();
    report.started();
    report.downloading(50);
    report.ended({ word: "failed", reason: "x" });
    assert.deepEqual(port.sent, []);
    report.received();
    report.ended({ word: "failed", reason: "broken" });
    report.downloading(60);
    report.completed();
    assert.deepEqual(port.sent, [
      'status_update {"status":"received"}',
      'status_update {"status":"failed","reason":"broken"}',
    ]);
  });

  it("tells progress in whole numbers, in steps of five", () => {
    const { report, port } = online();
    report.received();
    for (let percent = 0; percent <= 100; percent += 0.5) report.downloading(percent);
    const values = port.sent.slice(1).map((line) => Number(/"value":([^,}]+)/.exec(line)?.[1]));
    assert.deepEqual(values, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100]);
  });

  it("sends delay_for as whole milliseconds", () => {
    const { report, port } = online();
    report.received();
    report.ended({ word: "rescheduled", reason: "later", delayMs: 1234.56 });
    assert.equal(port.sent[1], 'status_update {"status":"rescheduled","delay_for":1235,"reason":"later"}');
  });

  it("cuts a reason to what the server keeps", () => {
    const { report, port } = online();
    report.received();
    report.ended({ word: "failed", reason: "x".repeat(500) });
    assert.equal(/x+/.exec(port.sent[1])?.[0].length, 200);
  });

  it("keeps a final word for the next connection, and the record alive until then", () => {
    const { report, port } = online();
    report.received();
    port.open = false;
    report.ended({ word: "rescheduled", reason: "later", delayMs: 1000 });
    assert.ok(report.inFlight);
    port.open = true;
    report.online();
    assert.equal(port.sent[1], 'status_update {"status":"rescheduled","delay_for":1000,"reason":"later"}');
    assert.ok(!report.inFlight);
  });

  it("speaks the older words for older servers, and only those", () => {
    const { report, port } = online("legacy");
    report.received();
    report.started();
    report.downloading(50);
    report.completed();
    report.received();
    report.ended({ word: "failed", reason: "broken" });
    report.received();
    report.ended({ word: "rescheduled", reason: "later", delayMs: 5 });
    assert.deepEqual(port.sent, [
      'fwup_progress {"value":50}',
      'status_update {"status":"fwup_complete"}',
      'status_update {"status":"update_failed","reason":"broken"}',
      'status_update {"status":"update_rescheduled","delay_for":5,"reason":"later"}',
    ]);
  });
});
