import { type Channel, type ChannelInput, newChannel, type Step, step } from "../../../modules/phoenix/channel.js";
import { decodeFrame, encodeFrame } from "../../../modules/phoenix/frame.js";
import { assert, describe, it } from "../../support/harness.js";

const names = ["status", "response", "reason", "error"];

function receive(channel: Channel, text: string): Step {
  return step(channel, { type: "frame", frame: decodeFrame(text, names) });
}

function run(inputs: ChannelInput[]): Channel {
  return inputs.reduce((channel, input) => step(channel, input).channel, newChannel("device"));
}

const join: ChannelInput = { type: "join", ref: "1", payload: {} };
const joinReply = '["1","1","device","phx_reply",{"status":"ok","response":{}}]';

function joined(): Channel {
  return receive(run([join]), joinReply).channel;
}

describe("phoenix channel", () => {
  it("joins with ref equal to join_ref", () => {
    const { actions } = step(newChannel("device"), { type: "join", ref: "1", payload: { a: 1 } });
    assert.equal(actions.length, 1);
    assert.ok(actions[0].type === "send" && encodeFrame(actions[0].frame) === '["1","1","device","phx_join",{"a":1}]');
  });

  it("is joined by the reply to its own join", () => {
    const { channel, actions } = receive(run([join]), joinReply);
    assert.equal(channel.phase, "joined");
    assert.deepEqual(actions, [{ type: "joined", response: {} }]);
  });

  it("hands on the response that refuses a join", () => {
    const text = '["1","1","device","phx_reply",{"status":"error","response":{"error":"could not connect"}}]';
    const { channel, actions } = receive(run([join]), text);
    assert.equal(channel.phase, "closed");
    assert.deepEqual(actions, [{ type: "refused", response: { error: "could not connect" } }]);
  });

  it("sends its join_ref on every push", () => {
    const { actions } = step(joined(), { type: "push", ref: "7", event: "rebooting", payload: {} });
    assert.ok(actions[0].type === "send" && encodeFrame(actions[0].frame) === '["1","7","device","rebooting",{}]');
  });

  it("pushes nothing while it is not joined", () => {
    assert.deepEqual(step(run([join]), { type: "push", ref: "2", event: "x", payload: {} }).actions, []);
  });

  it("takes pushes with and without a join_ref", () => {
    for (const joinRef of ["null", '"1"']) {
      const { actions } = receive(joined(), `[${joinRef},null,"device","reboot",{}]`);
      assert.deepEqual(actions, [{ type: "message", event: "reboot", payload: {} }]);
    }
  });

  it("ignores a push of an older join", () => {
    assert.deepEqual(receive(joined(), '["0",null,"device","reboot",{}]').actions, []);
  });

  it("survives the late phx_close of the join it replaced (protocol-double-join)", () => {
    let channel = step(joined(), { type: "join", ref: "3", payload: {} }).channel;
    channel = receive(channel, '["3","3","device","phx_reply",{"status":"ok","response":{}}]').channel;
    const { channel: after, actions } = receive(channel, '["1","1","device","phx_close",{}]');
    assert.equal(after.phase, "joined");
    assert.deepEqual(actions, []);
  });

  it("reports a crash with the server's reason", () => {
    const { channel, actions } = receive(joined(), '["1","1","device","phx_error",{"reason":"channel_crash"}]');
    assert.equal(channel.phase, "closed");
    assert.deepEqual(actions, [{ type: "crashed", response: { reason: "channel_crash" } }]);
  });

  it("reports an orderly close", () => {
    assert.deepEqual(receive(joined(), '["1","1","device","phx_close",{}]').actions, [{ type: "closed" }]);
  });

  it("takes 'unmatched topic' for a join that the server has lost", () => {
    const text = '[null,"9","device","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]';
    assert.deepEqual(receive(joined(), text).actions, [{ type: "crashed", response: { reason: "unmatched topic" } }]);
  });

  it("hands on a refusing reply whose response is a bare string", () => {
    const { actions } = receive(joined(), '["1","8","device","phx_reply",{"status":"error","response":"detach"}]');
    assert.deepEqual(actions, [{ type: "reply", ref: "8", status: "error", response: "detach" }]);
  });

  it("ignores replies to nothing, before and after the join", () => {
    const text = '["1","99","device","phx_reply",{"response":{}}]';
    assert.deepEqual(receive(joined(), text).actions, []);
    assert.deepEqual(receive(newChannel("device"), joinReply).actions, []);
  });
});
