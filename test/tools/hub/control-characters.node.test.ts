/*
 * Issue 11, item 14, at the desk hub: what a stranger or a device has written reaches the terminal as what it is, moves no
 * cursor and forges no line.
 */

import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { isPrintable } from "../../../modules/text/printable.js";
import { runCommand } from "../../../tools/hub/commands.js";
import { runPrompt } from "../../../tools/hub/prompt.js";
import { timelineLine } from "../../../tools/hub/timeline.js";
import { afterEach, assert, beforeEach, describe, fixture, it } from "../../support/harness.js";
import { Desk, oldFirmware, oldUuid } from "../../support/hub/desk.js";

/** C0, DEL, C1 (two bytes, and one of ISO 8859-1), an override, a line separator, a forged line. */
const hostile =
  "\x1b]0;owned\x07\x7f\x9b2J\u202e\u2028\r\n20:00:00.000  esp32-01        joined        joined with demo 9.9.9";

/** Sends a request as it is. @returns what comes back, once the hub has closed */
function request(port: number, head: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.once("close", () => resolve(answer));
    socket.end(Buffer.from(head, "utf8"));
  });
}

describe("control characters: the desk hub", () => {
  let desk: Desk;

  beforeEach(async () => {
    desk = await new Desk({ automaticUpdates: false }).start();
  });

  afterEach(() => desk.stop());

  /** Everything that was noted, each a line for a terminal. */
  function lines(): string[] {
    const all = desk.hub.timeline.entries().map(timelineLine);
    for (const line of all) assert.ok(isPrintable(line), JSON.stringify(line));
    return all;
  }

  it("notes what strangers ask for in one printable line each", async () => {
    const upgrade = "host: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
    for (const head of [
      `GET /device-socket/websocket?vsn=${encodeURIComponent(hostile)} HTTP/1.1\r\n${upgrade}\r\n`,
      `GET /device-socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${upgrade}origin: http://\u009b2J\u202e/\r\n\r\n`,
      `GET /%1b%5b2J%0a%e2%80%ae HTTP/1.1\r\n${upgrade}\r\n`,
      `GET /device-socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${upgrade}x-nh-alg: \u009b2J\r\nx-nh-key: \u202e\r\n\r\n`,
    ]) {
      await request(desk.hub.port, head);
    }
    const refused = lines().filter((line) => line.includes("refused"));
    assert.equal(refused.length, 4, refused.join("\n"));
    assert.match(refused[0], /vsn is \\u001b\]0;owned\\u0007\\u007f\\u009b2J\\u202e\\u2028\\u000d\\u000a20:00/);
  });

  it("shows a device's name, reports and log lines the same way", async () => {
    const device = await desk.device("dev\u202e\x1b[2J\n12:00:00.000  hub");
    await device.join("extensions", { logging: "0.0.1", health: "0.0.1" });
    device.send("extensions", "logging:attached", {});
    const time = String(desk.timers.now * 1000);
    device.send("extensions", "logging:send", { level: hostile, message: hostile, meta: { time } });
    device.send("extensions", "health:error", { reason: hostile });
    device.send("device", hostile, {});
    device.send(hostile, "x", {});
    await device.settled();
    assert.ok(lines().some((line) => line.includes("dev\\u202e\\u001b[2J\\u000a12:00:00.000  hub")));
  });

  it("answers at its prompt in lines of its own making, the device's console among them", async () => {
    const device = await desk.device("d\x1b[2J");
    const device2 = await desk.device("d2");
    await device2.join("console", { console_version: "2.0.0" });
    device2.send("console", "up", { data: "> log\r\n\x1b]52;c;cm0gLXJm\x07info: \x9b31mred\r\n" });
    await device.settled();
    await device2.settled();
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = "";
    output.on("data", (data) => {
      shown += String(data);
    });
    const ended = runPrompt(desk.hub, { input, output });
    input.end("devices\nconsole d2\nshow d2\ntimeline\ndance\x1b[2J\nquit\n");
    await ended;
    for (const line of shown.split("\n")) assert.ok(isPrintable(line), JSON.stringify(line));
    assert.match(shown, /\| > log\n\| \\u001b\]52;c;cm0gLXJm\\u0007info: \\u009b31mred\n/);
    assert.match(shown, /d\\u001b\[2J +connected/);
  });

  describe("a device whose every text forges lines", () => {
    const forged = 'x"\nhub> owned\r\n12:00:00.000  esp32-99        joined        \u2028joined';

    beforeEach(async () => {
      await desk.device(`d${forged.replaceAll(/\s/g, "\n")}`, {
        device_api_version: "2.4.0",
        nerves_fw_uuid: oldUuid,
        nerves_fw_product: forged,
        nerves_fw_version: forged,
        nerves_fw_platform: forged,
        nerves_fw_architecture: forged,
      });
      await desk.device("d2", { ...oldFirmware, esp_idf_project_name: forged });
      desk.hub.operator.setTags("d2", [forged]);
      desk.hub.addImage(fixture("transcripts/fixtures/app-1.1.0.bin"), `app${forged}.bin`);
    });

    /** The answer's lines, none of them of the device's making. */
    async function answer(command: string): Promise<string[]> {
      const lines = (await runCommand(desk.hub, command)).split("\n");
      for (const line of lines) {
        assert.ok(isPrintable(line), JSON.stringify(line));
        assert.ok(!/^(hub>|12:00)/.test(line), line);
      }
      return lines;
    }

    it("is one row among the devices", async () => {
      assert.equal((await answer("devices")).length, 2);
    });

    it("gets a refusal of one line", async () => {
      const [refusal, ...more] = await answer("push d2 1.1.0");
      assert.match(refusal, /^its product is "x"\\u000ahub> owned\\u000d\\u000a12:00/);
      assert.deepEqual(more, []);
    });

    it("shows in one line a fact, an image and an event", async () => {
      assert.equal((await answer("firmware")).length, 1);
      assert.equal((await answer("timeline")).length, desk.hub.timeline.entries().length);
      await answer("show d2");
    });

    it("has its console and its scripts' answers marked line by line", async () => {
      const device2 = await desk.device("d3");
      await device2.join("console", { console_version: "2.0.0" });
      device2.send("console", "up", { data: forged });
      await device2.settled();
      assert.deepEqual(
        (await answer("console d3")).map((line) => line.slice(0, 6)),
        ['| x"', "| hub>", "| 12:0"],
      );
      const script = answer("script d3 heap");
      const { ref } = await device2.pushed("scripts/run");
      device2.send("device", "scripts/run", { ref: ref!, result: "completed", output: forged, return: "" });
      assert.equal((await script).length, 3);
    });
  });

  it("writes JSON that is safe to look at and means the same", async () => {
    const identifier = "d\u009b2J\u202e\u2028";
    const device = await desk.device(identifier);
    await device.settled();
    const answer = await (await fetch(`http://127.0.0.1:${desk.hub.port}/api/devices`)).text();
    assert.ok(isPrintable(answer), answer);
    assert.equal((JSON.parse(answer) as { identifier: string }[])[0].identifier, identifier);
  });
});
