/*
 * What a server can make a device keep: nothing. XS interns every property name for ever, so names that a server
 * invents must never become properties; and a connection that has ended must leave nothing behind.
 */

import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, describe, heapInUse, heapNoise, it, report } from "../../support/harness.js";
import { LinkScene } from "../../support/link-scene.js";
import { concat } from "../../support/scripted-network.js";
import type { ServerSocket } from "../../support/socket-server.js";

/** Text as it is: were it made from objects here, this server would intern the names itself. */
function say(socket: ServerSocket, text: string): void {
  const bytes = encodeUtf8(text);
  const head =
    bytes.byteLength < 126 ? [0x81, bytes.byteLength] : [0x81, 126, bytes.byteLength >> 8, bytes.byteLength & 255];
  socket.raw(concat(new Uint8Array(head), bytes));
}

function compare(what: string, first: number): void {
  const grown = heapInUse() - first;
  report(`${what}: ${first} bytes in use before, ${grown} more after`);
  assert.ok(grown < heapNoise, `${grown} bytes`);
}

describe("connection over a long time", () => {
  it("ever new names of events, topics, properties and refs leave the heap as they found it", () => {
    const scene = new LinkScene({ logLevel: "error" }).advance(8000);
    const { socket } = scene.server;
    const flood = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        say(socket, `[null,null,"device","event-${i}",{"name-${i}":{"deeper-${i}":${i}},"status":"s-${i}"}]`);
        say(socket, `[null,null,"topic-${i}","event",{"other-${i}":1}]`);
        say(socket, `["1","${i + 100}","device","phx_reply",{"status":"ok","response":{"reply-${i}":1}}]`);
        scene.advance(5);
      }
    };
    flood(0, 500);
    const first = heapInUse();
    flood(500, 3500);
    compare("9,000 messages", first);
    assert.equal(scene.device.link?.connected, true);
    assert.equal(scene.server.sockets.length, 1);
  });

  it("a thousand connections leave the heap as the first hundred did", () => {
    const backoff = { baseMs: 1, capMs: 10, cleanCloseFloorMs: 1 };
    const scene = new LinkScene({ logLevel: "error", backoff }).advance(8000);
    const again = (times: number): void => {
      for (let i = 0; i < times; i++) {
        scene.server.socket.cut(i % 2 === 0 ? "reset" : "end");
        scene.advance(50);
        scene.server.sockets.splice(0, scene.server.sockets.length - 1);
      }
      scene.advance(8000);
    };
    again(100);
    const first = heapInUse();
    again(1000);
    compare("1,000 connections", first);
    assert.equal(scene.device.link?.connected, true);
  });
});
