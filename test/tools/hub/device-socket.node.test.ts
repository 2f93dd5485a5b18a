/*
 * What a device's socket does that no recording shows.
 */

import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, type DeskDevice, oldFirmware } from "../../support/hub/desk.js";

describe("desk hub, device socket", () => {
  let desk: Desk;
  let device: DeskDevice;

  beforeEach(async () => {
    desk = await new Desk().start();
    device = await desk.device("d");
  });

  afterEach(() => desk.stop());

  const closed = () => new Promise<number>((resolve) => device.socket.once("close", resolve));

  it("a join that fails still ends the join before it", async () => {
    assert.deepEqual(await device.join("device", { ...oldFirmware, meta: null }), { reason: "join crashed" });
    await device.pushed("phx_close");
    assert.equal(desk.hub.socket("d")?.deviceChannel, undefined);
  });

  it("what comes behind the hub's own close is not read", async () => {
    const end = closed();
    device.socket.send("no JSON");
    device.send("device", "report_network_interface", { interface: "wlan0" });
    assert.equal(await end, 1011);
    assert.equal(desk.hub.device("d")?.connection.interface, null);
  });

  it("a cut connection ends without a close frame", async () => {
    const end = closed();
    desk.hub.operator.cut("d");
    assert.equal(await end, 1006);
  });

  it("a stopping hub says goodbye with 1012", async () => {
    const end = closed();
    await desk.hub.stop();
    assert.equal(await end, 1012);
  });

  it("a message above 8 MB ends the connection with 1009", async () => {
    const end = closed();
    device.socket.send(`["1","2","device","x",{"a":"${"x".repeat(8_000_001)}"}]`);
    assert.equal(await end, 1009);
  });
});
