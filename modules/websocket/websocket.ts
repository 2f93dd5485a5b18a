/*
 * WebSocketClient: an RFC 6455 client over a ByteStream.
 *
 * It connects, upgrades, carries whole messages and closes. It does not reconnect, keep alive or judge a refusal: its
 * owner does. One object is one connection. Request headers, keys and certificates are not kept here: Opening and the
 * stream hold them as long as they need them.
 *
 * The rules it guards: exactly one of `refused` and `closed` is called, once, and nothing after it. No error that the peer
 * causes or the listener throws escapes into the platform, where it would restart the device.
 */

import { asFault, Fault } from "../fault/fault.js";
import { publicText, type Url } from "../http/url.js";
import type { ByteStream, ByteStreamListener } from "../platform/byte-stream.js";
import type { Timer, Timers } from "../platform/timers.js";
import { encodeUtf8 } from "../text/utf8.js";
import { closePayload } from "./close-payload.js";
import { closeCode, opcode, Violation } from "./frame.js";
import { upgradeUrl } from "./handshake.js";
import { Opening } from "./opening.js";
import type { Closed, UpgradeRefusal, WebSocketListener, WebSocketOptions } from "./options.js";
import { Receiver, type ReceiverListener } from "./receiver.js";
import { FrameSender } from "./sender.js";

export type { Closed, UpgradeRefusal, WebSocketListener, WebSocketOptions } from "./options.js";

/** The response head and most messages fit into one read; longer ones take several. */
const readBufferBytes = 2048;

type State =
  | "connecting"
  | "upgrading"
  | "open"
  /** A close frame was sent, perhaps received too: the server has to end the TCP connection now. */
  | "closing"
  /** A close frame with an error was sent: further bytes of the server are ignored. */
  | "failing"
  | "closed";

export class WebSocketClient implements ByteStreamListener, ReceiverListener {
  private readonly _listener: WebSocketListener;
  private readonly _timers: Timers;
  private readonly _upgradeTimeoutMs: number;
  private readonly _closeTimeoutMs: number;
  private readonly _receiver = new Receiver(this);
  /** In a `#` field, as that of the receiver: a message may hold a signed URL. */
  readonly #buffer = new Uint8Array(readBufferBytes);
  private _state: State = "connecting";
  private _peer = "";
  private _stream: ByteStream | undefined;
  private _sender: FrameSender | undefined;
  private _timer: Timer | undefined;
  private _opening: Opening | undefined;
  private _streamEnded = false;
  private _streamFault: Error | undefined;
  /** The report for the listener when the connection has ended. */
  private _closed: Closed | undefined;

  /** Starts to connect. The listener hears nothing from inside the constructor. */
  constructor(options: WebSocketOptions, listener: WebSocketListener) {
    this._listener = listener;
    this._timers = options.timers;
    this._upgradeTimeoutMs = options.upgradeTimeoutMs;
    this._closeTimeoutMs = options.closeTimeoutMs;
    try {
      this._connect(upgradeUrl(options), options);
    } catch (error) {
      this._closed = this._abnormal(asFault(error, "options", "bad-endpoint"));
      this._setTimer(0);
    }
  }

  /** Bytes of messages that the network has not taken yet. */
  get bufferedBytes(): number {
    return this._sender?.bufferedBytes ?? 0;
  }

  /**
   * Sends one message.
   * @throws Fault of stage "websocket": "not-open", "send-queue-full" (try again when less is buffered) or
   *   "message-exceeds-queue" (too long, whatever is buffered)
   */
  sendText(text: string): void {
    if (this._state !== "open") throw new Fault("websocket", "not-open", "The connection is not open.");
    this._sender!.frame(opcode.text, encodeUtf8(text));
  }

  /**
   * Starts the closing handshake. `closed` is called when it is over; messages are not delivered any more. Before the
   * WebSocket is open, the attempt just ends. The reason is cut to the 123 bytes that fit.
   */
  close(code: number = closeCode.normal, reason = ""): void {
    if (this._state === "open") {
      this._beginClose("closing", closePayload(code, reason));
    } else if (this._state === "connecting" || this._state === "upgrading") {
      this._state = "failing";
      this._closed = { code: closeCode.abnormal, reason: "" };
      this._setTimer(0);
      this._stream?.close();
    }
  }

  /** Ends the connection at once. The listener is not called afterwards. */
  abort(): void {
    this._state = "closed";
    this._receiver.stop();
    this._clearTimer();
    this._stream?.close();
  }

  /** ByteStreamListener, as the next three methods. An error inside ends in the listener's `closed`, not in the platform. */
  opened(): void {
    this._guard(this._upgrade);
  }

  readable(): void {
    this._guard(this._pump);
  }

  writable(): void {
    this._guard(this._flush);
  }

  closed(fault?: Error): void {
    this._streamEnded = true;
    this._streamFault = fault;
    this.readable();
  }

  /** ReceiverListener, as the next three methods. */
  text(text: string): void {
    if (this._state === "open") this._listener.text(text);
  }

  binary(bytes: Uint8Array): void {
    if (this._state === "open") this._listener.binary(bytes);
  }

  ping(bytes: Uint8Array): void {
    if (this._state === "open") this._sender!.pong(bytes);
  }

  closeFrame(code: number, reason: string): void {
    this._closed = { code, reason };
    // §5.5.1: the close frame is answered with the same code, unless it is itself the answer to ours.
    if (this._state === "open") this._beginClose("closing", closePayload(code, ""));
  }

  private _connect(url: Url, options: WebSocketOptions): void {
    const { network, secure, connectTimeoutMs, headers, random, crypto } = options;
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
    this._sender = new FrameSender(random, this._stream);
  }

  /** The one guard of the stream's and the timer's calls. @param body a method, so that no call costs a closure */
  private _guard(body: (this: WebSocketClient) => void): void {
    try {
      body.call(this);
    } catch (error) {
      this._fail(error);
    }
  }

  private _upgrade(): void {
    this._state = "upgrading";
    this._setTimer(this._upgradeTimeoutMs);
    this._sender!.raw(this._opening!.request);
  }

  private _flush(): void {
    this._sender!.flush();
  }

  /** Reads all unread bytes of the stream, and then acts on the end of the stream if it has ended. */
  private _pump(): void {
    while (this._state !== "closed") {
      const count = this._stream?.read(this.#buffer) ?? 0;
      if (count === 0) break;
      this._take(count);
    }
    if (this._streamEnded) this._ended();
  }

  private _take(count: number): void {
    let from = 0;
    if (this._state === "upgrading") {
      const opening = this._opening!;
      from = opening.push(this.#buffer, from, count);
      if (opening.accepted) this._accepted(opening.accepted);
      else if (opening.refused) this._refuse(opening.refusal!);
    }
    if (this._state === "open" || this._state === "closing") this._receiver.push(this.#buffer, from, count);
  }

  private _accepted(headers: ReadonlyMap<string, string>): void {
    this._clearTimer();
    this._opening = undefined;
    this._state = "open";
    this._listener.opened(headers);
  }

  private _beginClose(state: "closing" | "failing", payload: Uint8Array): void {
    this._state = state;
    this._setTimer(this._closeTimeoutMs);
    this._sender!.close(payload);
  }

  /** The stream has ended and all its bytes were read. */
  private _ended(): void {
    const fault = this._streamFault;
    const refusal = this._opening?.refusal;
    if (refusal) this._refuse(refusal);
    else if (this._closed) this._finish(this._closed);
    else this._finish(this._abnormal(fault ? asFault(fault, "transport", "connection-lost") : this._lost()));
  }

  private _lost(): Fault {
    return this._state === "upgrading"
      ? this._fault("upgrade", "upgrade-closed", "closed the connection instead of answering the upgrade")
      : this._fault("transport", "connection-lost", "closed the connection without a close frame");
  }

  private _refuse(refusal: UpgradeRefusal): void {
    if (this._state === "closed") return;
    this.abort();
    try {
      this._listener.refused(refusal);
    } catch (error) {
      this._listener.closed(this._abnormal(asFault(error, "application", "callback-threw")));
    }
  }

  private _finish(closed: Closed): void {
    if (this._state === "closed") return;
    this.abort();
    this._listener.closed(closed);
  }

  /** Something inside has thrown, or the listener has. */
  private _fail(error: unknown): void {
    if (this._state === "closed") return;
    const closed = this._abnormal(asFault(error, "application", "callback-threw"));
    if (this._state === "open") {
      this._closed = closed;
      this._receiver.stop();
      const code = error instanceof Violation ? error.closeCode : closeCode.internalError;
      this._beginClose("failing", closePayload(code, ""));
      return;
    }
    try {
      this._finish(closed);
    } catch {
      // The listener threw in its last call: there is nobody left to tell.
    }
  }

  /** Ends the connection because of a timeout; the state tells what was waited for. */
  private _timeout(): void {
    const refusal = this._opening?.refusal;
    if (this._state !== "upgrading")
      this._finish(
        this._closed ?? this._abnormal(this._late("transport", "close-timeout", "close", this._closeTimeoutMs)),
      );
    else if (refusal) this._refuse(refusal);
    else this._fail(this._late("upgrade", "upgrade-timeout", "upgrade", this._upgradeTimeoutMs));
  }

  private _abnormal(fault: Fault): Closed {
    return { code: closeCode.abnormal, reason: "", fault };
  }

  private _late(stage: string, code: string, what: string, timeoutMs: number): Fault {
    return this._fault(stage, code, `did not answer the ${what} within ${timeoutMs} ms`);
  }

  private _fault(stage: string, code: string, what: string): Fault {
    return new Fault(stage, code, `${this._peer} ${what}; check the server and what lies between.`);
  }

  private _setTimer(delayMs: number): void {
    this._clearTimer();
    this._timer = this._timers.set(() => this._guard(this._timeout), delayMs);
  }

  private _clearTimer(): void {
    this._timers.clear(this._timer);
    this._timer = undefined;
  }
}
