/*
 * ChannelHandler: the code behind one topic. A handler is made for one session and dies with it, so that nothing of an old
 * connection reaches a new one; it is constructed with the objects that outlive connections.
 */

/** Sends to the server while the topic is joined. */
export interface Pusher {
  /**
   * Sends one message. NervesHub acknowledges no message. A message that can never be sent (larger than the send queue, or
   * no JSON) is dropped with a line in the log and counts as sent, so that nobody tries it again.
   * @returns the message's ref; undefined when it cannot be sent now, because the topic is not joined or the queue is full
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
  /** The topic is no longer joined: closed, crashed, or the connection ended. After a new join `joined` is called again. */
  left(): void;
}
