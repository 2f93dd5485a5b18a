/*
 * WebSocketClient: an RFC 6455 client over a ByteStream.
 *
 * It connects, upgrades, carries whole messages and closes; it does not reconnect, keep alive or judge a refusal: that
 * is the session's. One object is one connection.
 *
 * The rules it guards: exactly one of onRefused and onClose comes, once, and nothing after it; nothing that the peer
 * sends and nothing that a callback throws escapes into the host, where it would restart the device.
 */

import { asFault, Fault } from "../fault/fault.js";
import type { ByteStream } from "../host/byte-stream.js";
import type { Timer } from "../host/timers.js";
import { parseUrl, publicText, type Url } from "../http/url.js";
import { encodeUtf8 } from "../text/utf8.js";
import { closePayload } from "./close-payload.js";
import { closeCode, maxControlBytes, opcode, Violation } from "./frame.js";
import { Opening } from "./opening.js";
import type { Closed, WebSocketOptions } from "./options.js";
import { Receiver } from "./receiver.js";
import type { Refusal } from "./refusal.js";
import { Sender } from "./sender.js";

export type { Closed, WebSocketOptions } from "./options.js";
export type { Refusal } from "./refusal.js";

/** The answer's head and most messages fit at once; longer ones take several reads. */
const readBufferBytes = 2048;

type State =
  | "connecting"
  | "upgrading"
  | "open"
  /** A close frame was sent, or sent and received: the end of the TCP connection is awaited, which is the server's to make. */
  | "closing"
  /** A close frame with an error was sent: what the server says is no longer looked at. */
  | "failing"
  | "closed";

export class WebSocketClient {
  #options: WebSocketOptions;
  #state: State = "connecting";
  #peer = "";
  #stream: ByteStream | undefined;
  #sender: Sender | undefined;
  #receiver: Receiver;
  #timer: Timer | undefined;
  #buffer = new Uint8Array(readBufferBytes);
  #opening: Opening | undefined;
  #streamEnd: { fault: Error | undefined } | undefined;
  /** Bytes were left unsent since the last onDrain. */
  #backedUp = false;
  /** What to report when the connection has ended. */
  #closed: Closed | undefined;

  /** Starts to connect. No callback comes from inside the constructor. */
  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#receiver = new Receiver({
      onText: (text) => {
        if (this.#state === "open") options.onText(text);
      },
      onBinary: (bytes) => {
        if (this.#state === "open") options.onBinary(bytes);
      },
      onPing: (bytes) => {
        if (this.#state === "open") this.#sender!.pong(bytes);
      },
      onPong: (bytes) => {
        if (this.#state === "open") options.onPong?.(bytes);
      },
      onCloseFrame: (code, reason) => this.#onCloseFrame(code, reason),
    });
    try {
      this.#connect(endpoint(options));
    } catch (error) {
      const fault = asFault(error, "options", "bad-endpoint");
      this.#setTimer(0, () => this.#finish({ code: closeCode.abnormal, reason: "", fault }));
    }
  }

  /** Bytes of messages that the network has not taken yet. */
  get bufferedBytes(): number {
    return this.#sender?.bufferedBytes ?? 0;
  }

  /**
   * Sends one message.
   * @throws Fault "not-open", "send-queue-full" (try again after onDrain) or "message-exceeds-queue" (never will)
   */
  sendText(text: string): void {
    this.#send(opcode.text, encodeUtf8(text));
  }

  /** Sends a ping of at most 125 bytes. Throws as `sendText` does. */
  ping(bytes: Uint8Array): void {
    if (bytes.byteLength > maxControlBytes) {
      throw new Fault("websocket", "long-ping", `A ping carries at most ${maxControlBytes} bytes.`);
    }
    this.#send(opcode.ping, bytes);
  }

  /**
   * Starts the closing handshake; `onClose` comes when it is over, messages do not come any more. While there is no
   * WebSocket yet the attempt just ends. The reason is cut to the 123 bytes that fit.
   */
  close(code: number = closeCode.normal, reason = ""): void {
    if (this.#state === "open") {
      this.#beginClose("closing", closePayload(code, reason));
    } else if (this.#state !== "closing" && this.#state !== "failing" && this.#state !== "closed") {
      this.#state = "failing";
      this.#setTimer(0, () => this.#finish({ code: closeCode.abnormal, reason: "" }));
      this.#stream?.close();
    }
  }

  /** Ends everything at once. No callback comes afterwards. */
  abort(): void {
    this.#state = "closed";
    this.#receiver.stop();
    this.#clearTimer();
    this.#stream?.close();
  }

  #connect(url: Url): void {
    const { network, secure, connectTimeoutMs, headers, random, crypto } = this.#options;
    this.#peer = publicText(url);
    this.#opening = new Opening(url, headers, random, crypto);
    this.#stream = network.open({
      host: url.host,
      port: url.port,
      connectTimeoutMs,
      secure: secure && { ...secure, handshakeTimeoutMs: secure.handshakeTimeoutMs ?? connectTimeoutMs },
      onOpen: () => this.#guarded(() => this.#onOpen()),
      onReadable: () => this.#guarded(() => this.#pump()),
      onWritable: () => this.#guarded(() => this.#onWritable()),
      onClose: (fault) =>
        this.#guarded(() => {
          this.#streamEnd = { fault };
          this.#pump();
        }),
    });
    this.#sender = new Sender(random, this.#stream);
  }

  #onOpen(): void {
    const { upgradeTimeoutMs } = this.#options;
    this.#state = "upgrading";
    this.#setTimer(upgradeTimeoutMs, () => {
      const refusal = this.#opening!.refusal;
      if (refusal) this.#refuse(refusal);
      else throw this.#fault("upgrade-timeout", `did not answer the upgrade within ${upgradeTimeoutMs} ms`);
    });
    this.#sender!.raw(this.#opening!.request);
  }

  #onWritable(): void {
    this.#sender!.flush();
    if (!this.#backedUp || this.bufferedBytes > 0) return;
    this.#backedUp = false;
    if (this.#state === "open") this.#options.onDrain?.();
  }

  /** Reads all there is, and takes note of the end of the stream when it was reached. */
  #pump(): void {
    while (this.#state !== "closed") {
      const count = this.#stream?.read(this.#buffer) ?? 0;
      if (count === 0) break;
      this.#take(count);
    }
    if (this.#streamEnd) this.#ended(this.#streamEnd.fault);
  }

  #take(count: number): void {
    let from = 0;
    if (this.#state === "upgrading") {
      const opening = this.#opening!;
      from = opening.push(this.#buffer, from, count);
      if (opening.accepted) this.#opened(opening.accepted);
      else if (opening.refused) this.#refuse(opening.refusal!);
    }
    if (this.#state === "open" || this.#state === "closing") this.#receiver.push(this.#buffer, from, count);
  }

  #opened(headers: Map<string, string>): void {
    this.#clearTimer();
    this.#opening = undefined;
    this.#state = "open";
    this.#options.onOpen({ headers });
  }

  #send(code: number, payload: Uint8Array): void {
    if (this.#state !== "open") throw new Fault("websocket", "not-open", "The connection is not open.");
    this.#sender!.frame(code, payload);
    if (this.bufferedBytes > 0) this.#backedUp = true;
  }

  #onCloseFrame(code: number, reason: string): void {
    this.#closed = { code, reason };
    // §5.5.1: the answer has the same code, unless this frame is itself the answer.
    if (this.#state === "open") this.#beginClose("closing", closePayload(code, ""));
  }

  #beginClose(state: "closing" | "failing", payload: Uint8Array): void {
    const { closeTimeoutMs } = this.#options;
    this.#state = state;
    this.#setTimer(closeTimeoutMs, () =>
      this.#finish(
        this.#closed ??
          this.#abnormal(this.#fault("close-timeout", `did not answer the close within ${closeTimeoutMs} ms`)),
      ),
    );
    this.#sender!.close(payload);
  }

  /** The stream has ended and all its bytes were read. */
  #ended(error: Error | undefined): void {
    const refusal = this.#opening?.refusal;
    if (refusal) this.#refuse(refusal);
    else if (this.#closed) this.#finish(this.#closed);
    else this.#finish(this.#abnormal(error ? asFault(error, "transport", "connection-lost") : this.#lost()));
  }

  #lost(): Fault {
    return this.#state === "upgrading"
      ? this.#fault("upgrade-closed", "closed the connection instead of answering the upgrade")
      : this.#fault("connection-lost", "closed the connection without a close frame");
  }

  #refuse(refusal: Refusal): void {
    if (this.#state === "closed") return;
    this.abort();
    try {
      this.#options.onRefused(refusal);
    } catch (error) {
      this.#options.onClose(this.#abnormal(asFault(error, "application", "callback-threw")));
    }
  }

  #finish(closed: Closed): void {
    if (this.#state === "closed") return;
    this.abort();
    this.#options.onClose(closed);
  }

  /** Every entry from the host. What is thrown inside ends in `onClose`, not in the host. */
  #guarded(body: () => void): void {
    if (this.#state === "closed") return;
    try {
      body();
    } catch (error) {
      try {
        this.#fail(error);
      } catch {
        // onClose itself threw: there is nobody left to tell, and an exception in the host would restart the device.
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#state === "closed") return;
    const closed = this.#abnormal(asFault(error, "application", "callback-threw"));
    if (this.#state !== "open") {
      this.#finish(closed);
      return;
    }
    this.#closed = closed;
    this.#receiver.stop();
    this.#beginClose(
      "failing",
      closePayload(error instanceof Violation ? error.closeCode : closeCode.internalError, ""),
    );
  }

  #abnormal(fault: Fault): Closed {
    return { code: closeCode.abnormal, reason: "", fault };
  }

  #fault(code: string, what: string): Fault {
    const upgrading = this.#state === "connecting" || this.#state === "upgrading";
    return new Fault(
      upgrading ? "upgrade" : "transport",
      code,
      `${this.#peer} ${what}; check the server and what lies between.`,
    );
  }

  #setTimer(delayMs: number, body: () => void): void {
    this.#clearTimer();
    this.#timer = this.#options.timers.set(() => this.#guarded(body), delayMs);
  }

  #clearTimer(): void {
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
  }
}

function endpoint({ host, port, path, secure }: WebSocketOptions): Url {
  const name = host.includes(":") ? `[${host}]` : host;
  const url = parseUrl(`${secure ? "wss" : "ws"}://${name}:${port}${path}`);
  if (!url)
    throw new Fault("options", "bad-endpoint", "Host, port and path do not make a URL; give the host without scheme.");
  return url;
}
