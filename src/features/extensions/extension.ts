/*
 * Extension: one key of NervesHub's extensions channel, ours or an application's (`features: [new Extensions([door])]`).
 *
 * An extension object lives as long as the link; connections come and go around it. What it must keep over a lost
 * connection (readings, raised alarms) it keeps itself. It is told when the server has agreed (`attached`) and when that
 * is over (`detached`). What it throws, or rejects with where a function is async, is logged and touches nothing else; an
 * `attached` that fails ends the attachment.
 */

/** The way to the server while the extension is attached. */
export interface Attachment {
  /** The version that was agreed on, one of `versions`. */
  readonly version: string;
  /**
   * Sends `<key>:<event>`. The server acknowledges nothing. A message that can never be sent (more than some 32 KB, or no
   * JSON) is dropped with a line in the log, and counts as sent.
   * @returns false for "not now", because the extension is no longer attached or the connection is backed up: keep it and
   * try again later
   */
  send(event: string, payload: object): boolean;
}

export interface Extension {
  /** As the server spells it: "health". Lower-case letters, digits and "_". */
  readonly key: string;
  /** Versions this object speaks, most preferred first. The last is what servers get that do not say theirs. */
  readonly versions: readonly string[];
  /** Property names in the payloads of its events. Names that are not listed are not there: see src/protocol.ts. */
  readonly names?: readonly string[];
  /** Ready is `true` alone; anything else is not yet (a clock that is not set), asked again every few seconds. Default: always. */
  ready?(): boolean;
  /** The server has agreed and been told so; from here on `port` sends. */
  attached(attachment: Attachment): void;
  /** A message of the server. @param event without the key: "check" */
  event(event: string, payload: unknown): void;
  /** It is over, until `attached` comes again: switched off, refused, or the connection is gone. */
  detached(): void;
}
