/*
 * Topic: one topic on a session's socket, with its handler. It joins, joins again, pushes, and passes messages to the handler.
 * It dies with its session.
 *
 * The rules it guards: what a handler throws is logged and ends nothing; a lost topic does not end the connection, except
 * the vital topic ("device"), without which a connection is useless.
 */

import { Fault } from "../../modules/fault/fault.js";
import {
  type Channel,
  type ChannelAction,
  type ChannelInput,
  newChannel,
  step,
} from "../../modules/phoenix/channel.js";
import type { Frame } from "../../modules/phoenix/frame.js";
import type { Timer } from "../../modules/platform/timers.js";
import { tell } from "../log/guarded.js";
import type { Log } from "../log/log.js";
import { backoffDelay, defaultBackoff, randomFraction } from "./backoff.js";
import type { ChannelHandler, Pusher } from "./channel-handler.js";
import { replyReason } from "./reply-reason.js";
import type { SessionPlatform } from "./session-platform.js";

/** Joins of the device topic in a row that may fail before the connection itself is made anew. */
export const maxJoinAttempts = 6;

/** As long as an upgrade may take; a join waits for the same database. */
const joinTimeoutMs = 30000;
/** After a join that lasted this long, the next loss starts the backoff anew. */
const lastingJoinMs = 60000;

/** The session that a topic is on. */
export interface TopicOwner {
  readonly platform: SessionPlatform;
  readonly log: Log;
  readonly isOver: boolean;
  nextRef(): string;
  /** @returns false when the frame cannot be sent now */
  send(frame: Frame): boolean;
  /** The vital topic was joined; its handler's `joined` has been called. */
  deviceJoined(): void;
  fail(fault: Fault): void;
}

export class Topic implements Pusher {
  readonly handler: ChannelHandler;
  private readonly _owner: TopicOwner;
  private readonly _isVital: boolean;
  private _channel: Channel;
  /** Joins in a row that did not last. */
  private _attempts = 0;
  /** When the topic was joined last, monotonic milliseconds. */
  private _joinedMs = 0;
  private _timer: Timer | undefined;

  constructor(owner: TopicOwner, handler: ChannelHandler, isVital: boolean) {
    this._owner = owner;
    this.handler = handler;
    this._isVital = isVital;
    this._channel = newChannel(handler.topic);
  }

  /** Joins the topic; has no effect while it is joined or being joined. */
  join(): void {
    if (this._owner.isOver || this._channel.phase !== "closed" || this._timer !== undefined) return;
    this._join();
  }

  push(event: string, payload: object): string | undefined {
    if (this._owner.isOver || this._channel.phase !== "joined") return undefined;
    const ref = this._owner.nextRef();
    return this._apply({ type: "push", ref, event, payload }) ? ref : undefined;
  }

  received(frame: Frame): void {
    this._apply({ type: "frame", frame });
  }

  /** The session is over. */
  end(): void {
    this._stopTimer();
    const { phase } = this._channel;
    this._channel = newChannel(this.handler.topic);
    if (phase === "joined") this._guard(() => this.handler.left());
  }

  /** @returns false when an action could not be carried out */
  private _apply(input: ChannelInput): boolean {
    const { channel, actions } = step(this._channel, input);
    this._channel = channel;
    let done = true;
    for (const action of actions) done = this._act(action) && done;
    return done;
  }

  private _act(action: ChannelAction): boolean {
    if (this._owner.isOver) return false;
    const { handler } = this;
    switch (action.type) {
      case "send":
        return this._owner.send(action.frame);
      case "joined":
        this._joined(action.response);
        break;
      case "message":
        this._guard(() => handler.message(action.event, action.payload));
        break;
      case "reply":
        this._guard(() => handler.reply?.(action.ref, action.status, action.response));
        break;
      case "refused": {
        const reason = replyReason(action.response);
        this._guard(() => handler.refused?.(reason));
        if (!this._owner.isOver) this._lost(`The server refused the join of "${handler.topic}": ${reason}.`);
        break;
      }
      case "crashed":
        this._left();
        this._lost(`The server's process behind "${handler.topic}" ended: ${replyReason(action.response)}.`);
        break;
      case "closed":
        this._left();
        this._lost(`The server closed "${handler.topic}".`);
        break;
    }
    return true;
  }

  private _joined(response: unknown): void {
    this._stopTimer();
    this._joinedMs = this._owner.platform.clock.monotonic();
    this._owner.log.info(`Joined "${this.handler.topic}".`);
    this._guard(() => {
      this.handler.joined(response, this);
      if (this._isVital) this._owner.deviceJoined();
    });
  }

  private _join(): void {
    this._attempts++;
    this._guard(() => this._apply({ type: "join", ref: this._owner.nextRef(), payload: this.handler.joinPayload() }));
    if (this._owner.isOver) return;
    this._timer = this._owner.platform.timers.set(() => this._unanswered(), joinTimeoutMs);
  }

  private _unanswered(): void {
    const { topic } = this.handler;
    const text = `The server did not answer the join of "${topic}" within ${joinTimeoutMs / 1000} s.`;
    if (this._isVital) {
      this._owner.fail(
        new Fault("join", "join-timeout", `${text} It is overloaded, or no NervesHub; it is tried again.`),
      );
      return;
    }
    this._channel = newChannel(topic);
    this._lost(text);
  }

  private _left(): void {
    if (this._owner.platform.clock.monotonic() - this._joinedMs >= lastingJoinMs) this._attempts = 0;
    this._guard(() => this.handler.left());
  }

  /** Joins again later, without touching the others. */
  private _lost(why: string): void {
    const { platform, log } = this._owner;
    platform.timers.clear(this._timer);
    if (this._attempts >= maxJoinAttempts && this._isVital) {
      this._owner.fail(
        new Fault("join", "join-failed", `${why} This was attempt ${this._attempts}; a new connection is made.`),
      );
      return;
    }
    const wait = { attempt: this._attempts, clean: true };
    const delayMs = backoffDelay(defaultBackoff, wait, randomFraction(platform.random));
    log.warning(`${why} Joining again in ${Math.ceil(delayMs / 1000)} s.`);
    this._timer = platform.timers.set(() => this._join(), delayMs);
  }

  private _stopTimer(): void {
    this._owner.platform.timers.clear(this._timer);
    this._timer = undefined;
  }

  private _guard(body: () => unknown): void {
    tell(this._owner.log, `The handler of "${this.handler.topic}"`, body);
  }
}
