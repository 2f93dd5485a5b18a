/*
 * What a person can do at the desk: over the JSON endpoint, at the prompt, and what is refused.
 */

import { request } from "node:http";
import { completions, runCommand } from "../../../tools/hub/commands.js";
import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, type DeskDevice, oldFirmware } from "../../support/hub/desk.js";

describe("desk hub, operator", () => {
  let desk: Desk;
  let device: DeskDevice;

  beforeEach(async () => {
    desk = await new Desk({ publicKeys: { fwup: ["key-1"] }, automaticUpdates: false }).start("app-1.1.0.bin");
    device = await desk.device("d", { ...oldFirmware, fwup_public_keys: "on_connect" });
  });

  afterEach(() => desk.stop());

  const url = (path: string) => `http://127.0.0.1:${desk.hub.port}/api/${path}`;
  const allowed = () => ({ authorization: `Bearer ${desk.hub.token}` });
  const get = async (path: string) => (await fetch(url(path))).json();
  const post = async (path: string, body: object = {}) => {
    const response = await fetch(url(path), { method: "POST", headers: allowed(), body: JSON.stringify(body) });
    return { status: response.status, ...((await response.json()) as object) } as {
      status: number;
      [k: string]: unknown;
    };
  };

  it("sees devices, images and the timeline as JSON", async () => {
    const [first] = (await get("devices")) as { identifier: string; firmware: { version: string } }[];
    assert.equal(first.identifier, "d");
    assert.equal(first.firmware.version, "1.0.0");
    assert.equal(((await get("firmware")) as { version: string }[])[0].version, "1.1.0");
    const entries = (await get("devices/d/timeline")) as { kind: string; number: number }[];
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ["connected", "joined"],
    );
    assert.deepEqual(await get(`timeline?after=${entries[1].number}`), []);
  });

  it("pushes, reboots and identifies over the JSON endpoint", async () => {
    assert.equal((await post("devices/d/push", { firmware: "1.1.0" })).status, 200);
    assert.equal((await device.pushed("update"))["deployment_id"], null);
    await post("devices/d/reboot");
    await device.pushed("reboot");
    await post("devices/d/identify");
    await device.pushed("identify");
  });

  it("is told in words what cannot be done", async () => {
    assert.deepEqual(await post("devices/nobody/reboot"), { status: 409, error: "no device is called nobody" });
    assert.deepEqual(await post("devices/d/console", { data: "x" }), {
      status: 409,
      error: "d has not joined the console topic",
    });
    assert.equal((await post("devices/d/push", { firmware: "9.9.9" })).error, "no image is 9.9.9");
    assert.equal((await post("faults", { kind: "nosuch" })).status, 409);
  });

  it("runs a script and gets its answer", async () => {
    const answer = post("devices/d/script", { text: "heap" });
    const { ref, text } = await device.pushed("scripts/run");
    assert.equal(text, "heap");
    device.send("device", "scripts/run", { ref: ref!, result: "completed", output: "120 kB", return: "" });
    assert.equal((await answer)["done"], "120 kB");
  });

  it("is told after 15 s that a script was not answered", async () => {
    const answer = post("devices/d/script", { text: "heap" });
    await device.pushed("scripts/run");
    desk.timers.advance(15_000);
    assert.deepEqual(await answer, { status: 409, error: "device not available or responding" });
  });

  it("types into the console and reads what it shows", async () => {
    await device.join("console", { console_version: "2.0.0" });
    await post("devices/d/console", { data: "h" });
    assert.deepEqual(await device.pushed("dn"), { data: "h" });
    device.send("console", "up", { data: "h\r\nok\r\n" });
    await device.settled();
    assert.deepEqual(await get("devices/d/console"), { output: "h\r\nok\r\n" });
  });

  it("offers an archive with a URL that works", async () => {
    await post("devices/d/archive", { base64: Buffer.from("sounds").toString("base64"), version: "2.0.0" });
    const archive = await device.pushed("archive");
    assert.equal(archive["version"], "2.0.0");
    assert.equal(await (await fetch(archive["url"] as string)).text(), "sounds");
  });

  it("sends public keys to a device that asked, and by hand", async () => {
    assert.deepEqual(await device.pushed("fwup_public_keys"), { keys: ["key-1"] });
    await post("devices/d/public-keys", { kind: "archive", keys: ["key-2"] });
    assert.deepEqual(await device.pushed("archive_public_keys"), { keys: ["key-2"] });
  });

  it("sets and clears faults", async () => {
    await post("faults", { kind: "drop", after: 10, times: 3 });
    assert.deepEqual(await get("faults"), [{ kind: "drop", after: 10, times: 3, left: 3 }]);
    await fetch(url("faults"), { method: "DELETE", headers: allowed() });
    assert.deepEqual(await get("faults"), []);
  });

  it("answers no page of another origin, and no foreign Host", async () => {
    for (const headers of [{ origin: "http://evil.example" }, { host: "evil.example" }]) {
      const status = await new Promise((resolve) => {
        request(url("devices"), { headers }, (response) => resolve(response.resume().statusCode)).end();
      });
      assert.equal(status, 403);
    }
  });

  it("has a prompt that lists its commands and answers mistakes", async () => {
    assert.match(await runCommand(desk.hub, "help"), /push DEVICE IMAGE/);
    assert.match(await runCommand(desk.hub, "devices"), /d +connected +1\.0\.0 on esp32s3/);
    assert.equal(await runCommand(desk.hub, "reboot"), "usage: reboot DEVICE");
    assert.match(await runCommand(desk.hub, "dance"), /no such command/);
    assert.match(await runCommand(desk.hub, "fault stall 1000 2"), /stall 1000/);
    assert.equal(desk.hub.faults.pending().length, 1);
    await runCommand(desk.hub, "identify d");
    await device.pushed("identify");
  });
});

describe("14.3 the prompt", () => {
  let desk: Desk;
  let device: DeskDevice;
  beforeEach(async () => {
    desk = await new Desk({ automaticUpdates: false, extensions: new Map([["door", ["0.1.0"]]]) }).start(
      "app-1.1.0.bin",
    );
    device = await desk.device("d-1");
  });
  afterEach(() => desk.stop());

  it("a wrong word is an error, and says what there is", async () => {
    for (const [line, answer] of [
      ["mode d-1 of", 'mode knows no "of"; there are automatic, device_managed, off'],
      ["extension d-1 door yes", 'extension knows no "yes"; there are on, off'],
      ["push d-1 1.1.0 dleta", 'push knows no "dleta"; there are delta, whole'],
      ["keys d-1 fwap abc", 'keys knows no "fwap"; there are fwup, archive'],
      ["reboot d-1 now", 'reboot knows no "now"; usage: reboot DEVICE'],
      ["devices ten", '"ten" is no number of devices'],
      ["fault drop", /drop needs a whole number "after"/],
      ["fault drop 10 x", '"x" is no number of downloads'],
      ["watch everything", 'watch knows no "everything"; there are short, all, none'],
    ] as const) {
      const said = await runCommand(desk.hub, line);
      if (typeof answer === "string") assert.equal(said, answer);
      else assert.match(said, answer);
    }
    assert.equal(desk.hub.device("d-1")?.updateMode, "automatic");
  });

  it("Tab completes commands, devices, versions, modes and extensions", () => {
    const offered = (line: string) => completions(desk.hub, line)[0];
    assert.deepEqual(offered("re"), ["reboot", "reconnect", "remove"]);
    assert.deepEqual(offered("reboot "), ["d-1"]);
    assert.deepEqual(offered("push d-1 1"), ["1.1.0"]);
    assert.deepEqual(offered("mode d-1 "), ["automatic", "device_managed", "off"]);
    assert.deepEqual(offered("extension d-1 "), ["door"]);
    assert.deepEqual(offered("fault st"), ["stall", "status"]);
    assert.deepEqual(offered("nothing x"), []);
  });

  it("an extension of one's own is offered, attached, and seen", async () => {
    const { extensions } = (await device.pushed("extensions:get")) as { extensions: object };
    assert.deepEqual(extensions, { door: ["0.1.0"] });
    await device.join("extensions", { door: "0.1.0" });
    device.send("extensions", "door:attached", {});
    device.send("extensions", "door:opened", { by: "key 7" });
    await device.settled();
    assert.deepEqual(desk.hub.device("d-1")?.reports.get("door"), { event: "opened", payload: { by: "key 7" } });
    assert.ok(
      desk.hub.timeline.entries("d-1").some(({ kind, text }) => kind === "door" && text === 'opened {"by":"key 7"}'),
    );
  });
});
