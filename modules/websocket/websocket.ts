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
import type { ByteStream, ByteStreamListener } from "../host/byte-stream.js";
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

export class WebSocketClient implements ByteStreamListener {
  private _options: WebSocketOptions;
  private _state: State = "connecting";
  private _peer = "";
  private _stream: ByteStream | undefined;
  private _sender: Sender | undefined;
  private _receiver: Receiver;
  private _timer: Timer | undefined;
  private _buffer = new Uint8Array(readBufferBytes);
  private _opening: Opening | undefined;
  private _streamEnd: { fault: Error | undefined } | undefined;
  /** Bytes were left unsent since the last onDrain. */
  private _backedUp = false;
  /** What to report when the connection has ended. */
  private _closed: Closed | undefined;

  /** Starts to connect. No callback comes from inside the constructor. */
  constructor(options: WebSocketOptions) {
    this._options = options;
    this._receiver = new Receiver({
      onText: (text) => {
        if (this._state === "open") options.onText(text);
      },
      onBinary: (bytes) => {
        if (this._state === "open") options.onBinary(bytes);
      },
      onPing: (bytes) => {
        if (this._state === "open") this._sender!.pong(bytes);
      },
      onPong: (bytes) => {
        if (this._state === "open") options.onPong?.(bytes);
      },
      onCloseFrame: (code, reason) => this._onCloseFrame(code, reason),
    });
    try {
      this._connect(endpoint(options));
    } catch (error) {
      const fault = asFault(error, "options", "bad-endpoint");
      this._setTimer(0, () => this._finish({ code: closeCode.abnormal, reason: "", fault }));
    }
  }

  /** Bytes of messages that the network has not taken yet. */
  get bufferedBytes(): number {
    return this._sender?.bufferedBytes ?? 0;
  }

  /**
   * Sends one message.
   * @throws Fault "not-open", "send-queue-full" (try again after onDrain) or "message-exceeds-queue" (never will)
   */
  sendText(text: string): void {
    this._send(opcode.text, encodeUtf8(text));
  }

  /** Sends a ping of at most 125 bytes. Throws as `sendText` does. */
  ping(bytes: Uint8Array): void {
    if (bytes.byteLength > maxControlBytes) {
      throw new Fault("websocket", "long-ping", `A ping carries at most ${maxControlBytes} bytes.`);
    }
    this._send(opcode.ping, bytes);
  }

  /**
   * Starts the closing handshake; `onClose` comes when it is over, messages do not come any more. While there is no
   * WebSocket yet the attempt just ends. The reason is cut to the 123 bytes that fit.
   */
  close(code: number = closeCode.normal, reason = ""): void {
    if (this._state === "open") {
      this._beginClose("closing", closePayload(code, reason));
    } else if (this._state !== "closing" && this._state !== "failing" && this._state !== "closed") {
      this._state = "failing";
      this._setTimer(0, () => this._finish({ code: closeCode.abnormal, reason: "" }));
      this._stream?.close();
    }
  }

  /** Ends everything at once. No callback comes afterwards. */
  abort(): void {
    this._state = "closed";
    this._receiver.stop();
    this._clearTimer();
    this._stream?.close();
  }

  private _connect(url: Url): void {
    const { network, secure, connectTimeoutMs, headers, random, crypto } = this._options;
    this._peer = publicText(url);
    this._opening = new Opening(url, headers, random, crypto);
    this._stream = network.open(
      {
        host: url.host,
        port: url.port,
        connectTimeoutMs,
        secure: secure && { ...secure, handshakeTimeoutMs: secure.handshakeTimeoutMs ?? connectTimeoutMs },
      },
      this,
    );
    this._sender = new Sender(random, this._stream);
  }

  opened(): void {
    this._guarded(() => this._connected());
  }

  readable(): void {
    this._guarded(() => this._pump());
  }

  writable(): void {
    this._guarded(() => this._onWritable());
  }

  closed(fault?: Error): void {
    this._guarded(() => {
      this._streamEnd = { fault };
      this._pump();
    });
  }

  private _connected(): void {
    const { upgradeTimeoutMs } = this._options;
    this._state = "upgrading";
    this._setTimer(upgradeTimeoutMs, () => {
      const refusal = this._opening!.refusal;
      if (refusal) this._refuse(refusal);
      else throw this._fault("upgrade-timeout", `did not answer the upgrade within ${upgradeTimeoutMs} ms`);
    });
    this._sender!.raw(this._opening!.request);
  }

  private _onWritable(): void {
    this._sender!.flush();
    if (!this._backedUp || this.bufferedBytes > 0) return;
    this._backedUp = false;
    if (this._state === "open") this._options.onDrain?.();
  }

  /** Reads all there is, and takes note of the end of the stream when it was reached. */
  private _pump(): void {
    while (this._state !== "closed") {
      const count = this._stream?.read(this._buffer) ?? 0;
      if (count === 0) break;
      this._take(count);
    }
    if (this._streamEnd) this._ended(this._streamEnd.fault);
  }

  private _take(count: number): void {
    let from = 0;
    if (this._state === "upgrading") {
      const opening = this._opening!;
      from = opening.push(this._buffer, from, count);
      if (opening.accepted) this._opened(opening.accepted);
      else if (opening.refused) this._refuse(opening.refusal!);
    }
    if (this._state === "open" || this._state === "closing") this._receiver.push(this._buffer, from, count);
  }

  private _opened(headers: Map<string, string>): void {
    this._clearTimer();
    this._opening = undefined;
    this._state = "open";
    this._options.onOpen({ headers });
  }

  private _send(code: number, payload: Uint8Array): void {
    if (this._state !== "open") throw new Fault("websocket", "not-open", "The connection is not open.");
    this._sender!.frame(code, payload);
    if (this.bufferedBytes > 0) this._backedUp = true;
  }

  private _onCloseFrame(code: number, reason: string): void {
    this._closed = { code, reason };
    // §5.5.1: the answer has the same code, unless this frame is itself the answer.
    if (this._state === "open") this._beginClose("closing", closePayload(code, ""));
  }

  private _beginClose(state: "closing" | "failing", payload: Uint8Array): void {
    const { closeTimeoutMs } = this._options;
    this._state = state;
    this._setTimer(closeTimeoutMs, () =>
      this._finish(
        this._closed ??
          this._abnormal(this._fault("close-timeout", `did not answer the close within ${closeTimeoutMs} ms`)),
      ),
    );
    this._sender!.close(payload);
  }

  /** The stream has ended and all its bytes were read. */
  private _ended(error: Error | undefined): void {
    const refusal = this._opening?.refusal;
    if (refusal) this._refuse(refusal);
    else if (this._closed) this._finish(this._closed);
    else this._finish(this._abnormal(error ? asFault(error, "transport", "connection-lost") : this._lost()));
  }

  private _lost(): Fault {
    return this._state === "upgrading"
      ? this._fault("upgrade-closed", "closed the connection instead of answering the upgrade")
      : this._fault("connection-lost", "closed the connection without a close frame");
  }

  private _refuse(refusal: Refusal): void {
    if (this._state === "closed") return;
    this.abort();
    try {
      this._options.onRefused(refusal);
    } catch (error) {
      this._options.onClose(this._abnormal(asFault(error, "application", "callback-threw")));
    }
  }

  private _finish(closed: Closed): void {
    if (this._state === "closed") return;
    this.abort();
    this._options.onClose(closed);
  }

  /** Every entry from the host. What is thrown inside ends in `onClose`, not in the host. */
  private _guarded(body: () => void): void {
    if (this._state === "closed") return;
    try {
      body();
    } catch (error) {
      try {
        this._fail(error);
      } catch {
        // onClose itself threw: there is nobody left to tell, and an exception in the host would restart the device.
      }
    }
  }

  private _fail(error: unknown): void {
    if (this._state === "closed") return;
    const closed = this._abnormal(asFault(error, "application", "callback-threw"));
    if (this._state !== "open") {
      this._finish(closed);
      return;
    }
    this._closed = closed;
    this._receiver.stop();
    this._beginClose(
      "failing",
      closePayload(error instanceof Violation ? error.closeCode : closeCode.internalError, ""),
    );
  }

  private _abnormal(fault: Fault): Closed {
    return { code: closeCode.abnormal, reason: "", fault };
  }

  private _fault(code: string, what: string): Fault {
    const upgrading = this._state === "connecting" || this._state === "upgrading";
    return new Fault(
      upgrading ? "upgrade" : "transport",
      code,
      `${this._peer} ${what}; check the server and what lies between.`,
    );
  }

  private _setTimer(delayMs: number, body: () => void): void {
    this._clearTimer();
    this._timer = this._options.timers.set(() => this._guarded(body), delayMs);
  }

  private _clearTimer(): void {
    this._options.timers.clear(this._timer);
    this._timer = undefined;
  }
}

const endpoint = ({ host, port, path, secure }: WebSocketOptions): Url => {
  const name = host.includes(":") ? `[${host}]` : host;
  const url = parseUrl(`${secure ? "wss" : "ws"}://${name}:${port}${path}`);
  if (!url)
    throw new Fault("options", "bad-endpoint", "Host, port and path do not make a URL; give the host without scheme.");
  return url;
};
