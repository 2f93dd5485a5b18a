import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { NodeClient } from "../../support/node-web-socket.js";

describe("websocket: against ws", () => {
  let server: WebSocketServer;
  let port: number;

  before(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1", maxPayload: 1_000_000 });
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });

  /** A client and the server's side of it, both open. */
  async function pair(): Promise<[NodeClient, WebSocket]> {
    const connection = once(server, "connection") as Promise<[WebSocket]>;
    const probe = new NodeClient(port);
    const [socket] = await connection;
    await probe.until(() => probe.opened);
    return [probe, socket];
  }

  it("messages of every length arrive whole, both ways", async () => {
    const [probe, socket] = await pair();
    socket.on("message", (bytes, isBinary) => socket.send(bytes, { binary: isBinary }));
    const texts = [0, 1, 20, 21, 22, 1000, 5000].map((count) => "ü😀".repeat(count));
    for (const text of texts) {
      probe.client.sendText(text);
      await probe.until(() => probe.texts.at(-1) === text);
    }
    assert.deepEqual(probe.texts, texts);
    probe.client.close();
    assert.equal(await probe.end(), "1000");
  });

  it("binary, fragmented and 64-bit messages arrive", async () => {
    const [probe, socket] = await pair();
    socket.send(Buffer.from([1, 2]), { fin: false });
    socket.ping("between");
    socket.send(Buffer.from([3]), { fin: true });
    socket.send("x".repeat(65_536));
    await probe.until(() => probe.texts.length === 1);
    assert.deepEqual([...probe.binaries[0]], [1, 2, 3]);
    assert.equal(probe.texts[0].length, 65_536);
    probe.client.abort();
  });

  it("pings are answered", async () => {
    const [probe, socket] = await pair();
    const pong = once(socket, "pong");
    socket.ping("there?");
    assert.equal(String((await pong)[0]), "there?");
    probe.client.abort();
  });

  it("a close by the server comes with code and reason", async () => {
    const [probe, socket] = await pair();
    socket.close(1012, "deploy");
    await probe.end();
    assert.deepEqual(probe.closed, { code: 1012, reason: "deploy" });
  });

  it("a close by the client comes with code and reason", async () => {
    const [probe, socket] = await pair();
    const closed = once(socket, "close");
    probe.client.close(4001, "bye");
    const [code, reason] = await closed;
    assert.deepEqual([code, String(reason)], [4001, "bye"]);
    assert.equal(await probe.end(), "4001");
  });

  it("a server that vanishes is a connection without a close frame", async () => {
    const [probe, socket] = await pair();
    socket.terminate();
    assert.match(await probe.end(), /^1006 connection-(lost|reset)$/);
  });

  it("a message beyond our limit is refused with 1009, which ws sees", async () => {
    const [probe, socket] = await pair();
    const closed = once(socket, "close");
    socket.send("x".repeat(65_537));
    assert.equal((await closed)[0], 1009);
    assert.equal(await probe.end(), "1006 message-too-big");
  });

  it("a slow reader fills the queue, then drains it, and every message arrives once and in order", async () => {
    const [probe, socket] = await pair();
    const received: string[] = [];
    socket.on("message", (bytes) => received.push(String(bytes)));
    socket.pause();
    const text = (index: number): string => `${index} ${"x".repeat(8000)}`;
    let sent = 0;
    let code = "";
    while (code === "") {
      try {
        probe.client.sendText(text(sent));
        sent++;
      } catch (error) {
        code = (error as { code: string }).code;
      }
      if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(code, "send-queue-full");
    socket.resume();
    while (probe.client.bufferedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
    probe.client.sendText("last");
    while (received.at(-1) !== "last") await once(socket, "message");
    assert.equal(received.length, sent + 1);
    for (let index = 0; index < sent; index++) assert.equal(received[index], text(index));
    probe.client.abort();
  });
});

describe("websocket: against node:http", () => {
  it("a refusal is told with its header and body", async () => {
    const server = createServer((_, response) => response.end("plain web server"));
    server.on("upgrade", (_, socket) =>
      socket.end(
        "HTTP/1.1 401 Unauthorized\r\nnh-connection-error-reason: no certificate\r\ncontent-length: 14\r\n\r\nno certificate",
      ),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const probe = new NodeClient((server.address() as AddressInfo).port);
    assert.equal(await probe.end(), "refused 401");
    assert.equal(probe.refusal?.headers.get("nh-connection-error-reason"), "no certificate");
    assert.equal(probe.refusal?.body, "no certificate");
    server.close();
  });

  it("a web server that knows no WebSockets is told as what it answers", async () => {
    const server = createServer((_, response) => response.writeHead(200, { "x-proxy": "yes" }).end("<html>"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const probe = new NodeClient((server.address() as AddressInfo).port);
    assert.equal(await probe.end(), "refused 200");
    assert.equal(probe.refusal?.body, "<html>");
    server.closeAllConnections();
    server.close();
  });
});
