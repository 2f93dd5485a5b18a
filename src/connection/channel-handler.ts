/*
 * What stands behind one topic. A handler is made for one session and dies with it, so that nothing of an old connection
 * can reach a new one; what outlives connections is handed to it.
 */

/** The way to the server while the topic is joined. */
export interface Pusher {
  /**
   * Sends one message. NervesHub acknowledges none. One that can never be sent, since it is larger than the send queue or
   * no JSON, is dropped with a line in the log and counts as sent, so that nobody tries it again.
   * @returns the ref it went under, or undefined when it cannot be sent now: not joined (any more), or the queue is full
   */
  push(event: string, payload: object): string | undefined;
}

export interface ChannelHandler {
  readonly topic: string;
  /** The join's payload, asked for at every join. */
  joinPayload(): object;
  joined(response: unknown, pusher: Pusher): void;
  /** The server refused the join; it is tried again later. */
  refused?(reason: string): void;
  message(event: string, payload: unknown): void;
  /** A reply to a push; NervesHub sends one only to refuse (extensions: "detach"). */
  reply?(ref: string, status: string, response: unknown): void;
  /** The topic is gone: left, crashed, or the connection ended. It may be joined again (`joined` then comes again). */
  left(): void;
}
