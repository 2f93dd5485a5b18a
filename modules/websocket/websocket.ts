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
import { HeadReader, type ResponseHead } from "../http/head.js";
import { parseUrl, publicText, type Url } from "../http/url.js";
import { maxInterimResponses } from "../limits/limits.js";
import { encodeUtf8 } from "../text/utf8.js";
import { closePayload } from "./close-payload.js";
import { closeCode, maxControlBytes, opcode, Violation } from "./frame.js";
import { acceptFor, upgradeFault, upgradeKey, upgradeRequest } from "./handshake.js";
import type { Closed, WebSocketOptions } from "./options.js";
import { Receiver } from "./receiver.js";
import { RefusalReader } from "./refusal.js";
import { Sender } from "./sender.js";

export type { Closed, WebSocketOptions } from "./options.js";
export type { Refusal } from "./refusal.js";

/** The answer's head and most messages fit at once; longer ones take several reads. */
const readBufferBytes = 2048;

type State =
  | "connecting"
  | "upgrading"
  /** The answer was not 101; a piece of its body is awaited. */
  | "refusing"
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
  #key: string;
  #head: HeadReader | undefined;
  #interim = 0;
  #refusal: RefusalReader | undefined;
  #request = "";
  #streamEnd: { fault: Error | undefined } | undefined;
  /** Bytes were left unsent since the last onDrain. */
  #backedUp = false;
  /** What to report when the connection has ended. */
  #closed: Closed | undefined;

  /** Starts to connect. No callback comes from inside the constructor. */
  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#key = upgradeKey(options.random);
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
    const { network, secure, connectTimeoutMs, headers } = this.#options;
    this.#peer = publicText(url);
    this.#request = upgradeRequest(url, this.#key, headers);
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
    this.#sender = new Sender(this.#options.random, this.#stream);
  }

  #onOpen(): void {
    const { upgradeTimeoutMs } = this.#options;
    this.#state = "upgrading";
    this.#head = new HeadReader("upgrade", this.#peer);
    this.#setTimer(upgradeTimeoutMs, () => {
      if (this.#refusal) this.#refuse(this.#refusal);
      else throw this.#fault("upgrade-timeout", `did not answer the upgrade within ${upgradeTimeoutMs} ms`);
    });
    this.#sender!.raw(encodeUtf8(this.#request));
    this.#request = "";
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
    while (this.#state === "upgrading" && from < count) {
      from = this.#head!.push(this.#buffer, from, count);
      if (this.#head!.head) this.#answered(this.#head!.head);
    }
    if (this.#state === "refusing") {
      this.#refusal!.push(this.#buffer, from, count);
      if (this.#refusal!.done) this.#refuse(this.#refusal!);
    } else if (this.#state === "open" || this.#state === "closing") {
      this.#receiver.push(this.#buffer, from, count);
    }
  }

  #answered(head: ResponseHead): void {
    if (head.status === 101) {
      const fault = upgradeFault(head, acceptFor(this.#key, this.#options.crypto), this.#peer);
      if (fault) throw fault;
      this.#clearTimer();
      this.#head = undefined;
      this.#state = "open";
      this.#options.onOpen({ headers: head.headers });
    } else if (head.status < 200) {
      if (++this.#interim > maxInterimResponses) throw this.#fault("interim-limit", "sent interim responses only");
      this.#head = new HeadReader("upgrade", this.#peer);
    } else {
      this.#state = "refusing";
      this.#refusal = new RefusalReader(head, this.#peer);
    }
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
    if (this.#state === "refusing") this.#refuse(this.#refusal!);
    else if (this.#closed) this.#finish(this.#closed);
    else if (error) this.#finish(this.#abnormal(asFault(error, "transport", "connection-lost")));
    else if (this.#state === "upgrading") {
      this.#finish(
        this.#abnormal(this.#fault("upgrade-closed", "closed the connection instead of answering the upgrade")),
      );
    } else {
      this.#finish(this.#abnormal(this.#fault("connection-lost", "closed the connection without a close frame")));
    }
  }

  #refuse(reader: RefusalReader): void {
    this.abort();
    try {
      this.#options.onRefused(reader.refusal);
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
