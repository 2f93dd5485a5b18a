/*
 * The official Phoenix client in JavaScript against our hub: a second opinion on framing, replies and pushes.
 */

import { type Channel, Socket } from "phoenix";
import { WebSocket } from "ws";
import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, loginHeaders, oldFirmware, startMs } from "../../support/hub/desk.js";

describe("desk hub, the official phoenix client", () => {
  let desk: Desk;
  let socket: Socket;

  beforeEach(async () => {
    desk = await new Desk({ protocol: "2026-08" }).start("app-1.1.0.bin");
    class SignedWebSocket extends WebSocket {
      constructor(url: string) {
        super(url, { headers: loginHeaders("phoenix-01", startMs) });
      }
    }
    socket = new Socket(`ws://127.0.0.1:${desk.hub.port}/device-socket`, {
      transport: SignedWebSocket as unknown as new (endpoint: string) => object,
      reconnectAfterMs: () => 1_000_000,
    });
    socket.connect();
  });

  afterEach(async () => {
    await new Promise<void>((resolve) => socket.disconnect(() => resolve()));
    await desk.stop();
  });

  it("joins the device topic and is told nothing in the reply", async () => {
    const { status, response } = await joined(socket.channel("device", oldFirmware));
    assert.equal(status, "ok");
    assert.deepEqual(response, {});
    assert.equal(desk.hub.device("phoenix-01")?.firmware?.version, "1.0.0");
  });

  it("is refused a join whose payload crashes the server's channel", async () => {
    const channel = socket.channel("device", { ...oldFirmware, meta: "x" });
    const { status, response } = await joined(channel);
    channel.leave();
    assert.equal(status, "error");
    assert.deepEqual(response, { reason: "join crashed" });
  });

  it("gets an answer to its heartbeat", async () => {
    await joined(socket.channel("device", oldFirmware));
    const roundTripMs = await new Promise<number>((resolve) => socket.ping(resolve));
    assert.ok(roundTripMs >= 0);
  });

  it("receives what the operator sends, and the update", async () => {
    const channel = socket.channel("device", oldFirmware);
    const identified = new Promise((resolve) => channel.on("identify", resolve));
    const update = new Promise<{ size: number }>((resolve) => channel.on("update", resolve));
    await joined(channel);
    desk.hub.operator.identify("phoenix-01");
    desk.timers.advance(1000);
    assert.deepEqual(await identified, {});
    assert.equal((await update).size, 8528);
  });

  it("is answered where the server answers: an extension that was not granted", async () => {
    const extensions = socket.channel("extensions", { health: "0.0.1" });
    assert.deepEqual((await joined(extensions)).response, ["health"]);
    const refused = await new Promise((resolve) => extensions.push("nosuch:report", {}).receive("error", resolve));
    assert.equal(refused, "detach");
  });

  it("hears of a crash of its channel, and nothing of it on another", async () => {
    const device = socket.channel("device", oldFirmware);
    const console_ = socket.channel("console", {});
    await joined(device);
    await joined(console_);
    const crashed = new Promise((resolve) => device.onError(resolve));
    device.push("status_update", { status: "idle" });
    assert.deepEqual(await crashed, { reason: "channel_crash" });
    assert.equal(console_.state, "joined");
    device.leave();
  });

  it("leaves a topic", async () => {
    const channel = socket.channel("device", oldFirmware);
    await joined(channel);
    await new Promise((resolve) => channel.leave().receive("ok", resolve));
    assert.equal(channel.state, "closed");
  });
});

function joined(channel: Channel): Promise<{ status: string; response: unknown }> {
  return new Promise((resolve) => {
    channel
      .join()
      .receive("ok", (response: unknown) => resolve({ status: "ok", response }))
      .receive("error", (response: unknown) => resolve({ status: "error", response }));
  });
}
