/*
 * The desk hub's page in a real browser: a device of ours, on Node, in a process of its own.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { type DeviceEvent, Supervisor } from "../../tools/device/supervisor.js";
import { Hub } from "../../tools/hub/hub.js";
import { PageViewer } from "./browser.js";

const product = "demo";
const key = "nhp_page";
const secret = "the-secret-of-the-product-0123456789abcdefg";
const identifier = "desk-01";
const image = (version: string, projectName = product) =>
  buildImage({ chipId: 9, projectName, version, seed: 2 }, nodeCrypto);

describe("14.1 the desk hub's page", () => {
  let folder: string;
  let hub: Hub;
  let device: Supervisor;
  let viewer: PageViewer;
  let told: (event: DeviceEvent) => void = () => {};

  const makeHub = (port = 0) =>
    new Hub({
      product,
      keys: [{ key, secret }],
      port,
      token: "page-token",
      downloadBytesPerSecond: 600_000,
      offerDelayMs: 100,
    });
  const url = (query = "?token=page-token") => `http://127.0.0.1:${hub.port}/${query}`;
  const file = (name: string, bytes: Uint8Array | string) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const drop = async (path: string) => {
    const input = await viewer.page.$(".drop input");
    await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(path);
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "page-"));
    hub = makeHub();
    await hub.start();
    viewer = await PageViewer.open(url());
    device = new Supervisor({
      env: { NERVESHUB_PRODUCT_SECRET: secret },
      onEvent: (event) => told(event),
      onExit: (status) => assert.fail(`the device ended with ${status}`),
    });
  });

  after(async () => {
    await viewer?.close();
    await device?.stop();
    await hub?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says what to do where there is no device yet", async () => {
    await viewer.sees(".devices", /No device yet/);
  });

  it("shows a device that joins, without a reload", async () => {
    const data = join(folder, "device");
    mkdirSync(data);
    const where = ["--host", "127.0.0.1", "--port", String(hub.port), "--no-ssl", "--data", data];
    device.start([...where, "--product-key", key, "--identifier", identifier, "--console"]);
    await viewer.sees(".device", /desk-01.*1\.0\.0.*connected/s);
    await viewer.sees(".timeline li", /joined with demo 1\.0\.0/);
  });

  it("draws health and metrics as charts", async () => {
    await viewer.press("Numbers");
    await viewer.sees(".chart", /mem_used_mb/);
    assert.notEqual(await viewer.page.$(".chart canvas"), null);
  });

  it("has the console as a terminal: what is typed is answered", async () => {
    await viewer.press("Console");
    await viewer.sees(".terminal", /nerveshub>/);
    await viewer.page.locator(".terminal").click();
    await viewer.page.keyboard.type("uptime\r");
    await viewer.sees(".terminal", /uptime.*\d+ s/s);
  });

  it("the terminal is left by keyboard", async () => {
    await viewer.page.keyboard.down("Control");
    await viewer.page.keyboard.down("Shift");
    await viewer.page.keyboard.press("Escape");
    await viewer.page.keyboard.up("Shift");
    await viewer.page.keyboard.up("Control");
    assert.equal(await viewer.page.evaluate("document.activeElement.innerText"), "Restart the console");
  });

  it("runs a script", async () => {
    await viewer.press("Tools");
    await viewer.press("Run");
    await viewer.sees("form pre", /esp32s3/);
  });

  it("a file that is no image is refused, and named for what it is", async () => {
    await drop(file("notes.bin", "these are notes ".repeat(100)));
    await viewer.sees(".verdict.bad", /notes\.bin.*Not taken/s);
    assert.deepEqual(hub.library.images(), []);
  });

  it("an image of another product, and half an image, are refused", async () => {
    await drop(file("other.bin", image("2.0.0", "other")));
    await viewer.sees(".verdict.bad", /other\.bin.*"other" is not the product's name/s);
    const whole = image("2.0.0");
    await drop(file("half.bin", whole.subarray(0, whole.length / 2)));
    await viewer.sees(".verdict.bad", /half\.bin.*Not taken/s);
    assert.deepEqual(hub.library.images(), []);
  });

  it("a good image is shown as NervesHub reads it, and a device updates to it before one's eyes", async () => {
    await drop(file("new.bin", image("1.1.0")));
    await viewer.sees(".verdict.good", /Devices can be updated to it.*version\s+1\.1\.0/s);
    assert.deepEqual(hub.library.images(), []);
    await viewer.press("Add to the hub");
    await viewer.sees(".device", /downloading.*[1-9]\d? %/s);
    await viewer.press("Overview");
    await viewer.sees(".device", /desk-01.*1\.1\.0.*connected/s);
    await viewer.sees(".facts", /confirmed/);
    await viewer.sees(".timeline li", /firmware 1\.1\.0 is validated/);
  });

  it("shows a device that goes back from a trial", async () => {
    told = (event) => {
      if (event.type === "started" && event.trial) device.cutPower();
    };
    await drop(file("bad.bin", image("1.2.0")));
    await viewer.press("Add to the hub");
    await viewer.sees(".timeline li", /went back|reverted/);
    await viewer.sees(".device", /desk-01.*1\.1\.0/s);
    told = () => {};
  });

  it("saves the frames of the link, without the signature of a URL", async () => {
    const text = await (await fetch(`${url("")}api/devices/${identifier}/frames`)).text();
    const frames = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { frame: string });
    assert.ok(frames.some(({ frame }) => frame.includes("firmware_url")));
    assert.ok(!/[?&](X-Amz-)?signature=/i.test(text), text);
  });

  it("finds the hub again after it was started anew, and says so meanwhile", async () => {
    const { port } = hub;
    await hub.stop();
    await viewer.sees(".live", /the hub is gone/);
    hub = makeHub(port);
    await hub.start();
    await viewer.sees(".live", /^live$/);
    await viewer.sees(".device", /desk-01.*connected/s);
  });

  it("nothing scrolls sideways at 375 px, on any tab", async () => {
    await viewer.page.setViewport({ width: 375, height: 800 });
    for (const tab of ["Overview", "Console", "Numbers", "Reports", "Tools"]) {
      await viewer.press(tab);
      assert.equal(await viewer.page.evaluate("document.documentElement.scrollWidth"), 375, tab);
    }
    await viewer.page.setViewport({ width: 1280, height: 900 });
  });

  it("every button is reached by Tab, and shows that it has the focus", async () => {
    await viewer.press("Overview");
    await viewer.page.evaluate("document.activeElement.blur()");
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await viewer.page.keyboard.press("Tab");
      const [text, outline] = (await viewer.page.evaluate(
        "[document.activeElement.innerText, getComputedStyle(document.activeElement).outlineStyle]",
      )) as [string, string];
      reached.add(text);
      if (["Reboot", "Cut"].includes(text)) assert.equal(outline, "solid");
    }
    for (const text of ["Reboot", "Identify", "Reconnect", "Cut", "Tools"]) assert.ok(reached.has(text), text);
  });

  it("asks nobody but the hub for anything, and complains of nothing", () => {
    const elsewhere = viewer.requests.filter(
      (address) => !address.startsWith(url("")) && !/^(data|blob):/.test(address),
    );
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(viewer.complaints, []);
  });

  it("without the token it looks and does not act", async () => {
    const guest = await PageViewer.open(url(""));
    try {
      await guest.sees("header", /only looking/);
      await guest.sees(".buttons button[disabled]", /Reboot/);
      assert.equal(await guest.page.$(".drop"), null);
    } finally {
      await guest.close();
    }
  });
});

describe("14.1 who may look at the hub, and who may act", () => {
  const hub = new Hub({ product, keys: [{ key, secret }], token: "page-token" });
  before(() => hub.start());
  after(() => hub.stop());

  const ask = (method: string, path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request({ port: hub.port, host: "127.0.0.1", method, path, headers }, (response) => {
        response.destroy();
        resolve(response.statusCode ?? 0);
      });
      asked.once("error", reject).end();
    });
  const bearer = { authorization: "Bearer page-token" };

  it("a page of another origin gets nothing, token or not", async () => {
    const foreign: Record<string, string>[] = [
      { origin: "http://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      assert.equal(await ask("GET", "/api/devices", headers), 403);
      assert.equal(await ask("POST", "/api/devices/a/reboot", { ...headers, ...bearer }), 403);
    }
  });

  it("a name that leads here is not this machine (DNS rebinding)", async () => {
    for (const host of ["evil.example", `evil.example:${hub.port}`, "127.0.0.1.evil.example", "localhost.evil.example"])
      for (const path of ["/", "/api/devices", "/api/live"]) assert.equal(await ask("GET", path, { host }), 403);
  });

  it("a POST or DELETE needs the right token, a GET from this machine none", async () => {
    assert.equal(await ask("GET", "/api/devices", {}), 200);
    assert.equal(await ask("POST", "/api/devices/a/reboot", {}), 403);
    assert.equal(await ask("DELETE", "/api/faults", {}), 403);
    assert.equal(await ask("POST", "/api/devices/a/reboot", { authorization: "Bearer page-toke" }), 403);
    assert.equal(await ask("POST", "/api/devices/a/reboot?token=page-token", {}), 403);
    assert.equal(await ask("POST", "/api/devices/a/reboot", bearer), 409);
    assert.equal(await ask("DELETE", "/api/faults", bearer), 200);
  });

  it("a wrong token is refused where none would do", async () => {
    assert.equal(await ask("GET", "/?token=x", {}), 403);
    assert.equal(await ask("GET", "/?token=page-token", {}), 200);
    assert.equal(await ask("GET", "/", {}), 200);
  });
});
