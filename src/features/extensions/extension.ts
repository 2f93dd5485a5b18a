/*
 * Extension: one key of NervesHub's extensions channel, ours or an application's (`features: [new Extensions([door])]`).
 *
 * An extension lives as long as the link, across connections. It keeps by itself what must survive a lost connection
 * (readings, raised alarms). `attached` is called when the server has agreed to use it, `detached` when that ends. What a
 * function throws, or rejects with if it is async, is logged and affects nothing else; an `attached` that fails ends the
 * attachment.
 */

/** Sends to the server while the extension is attached. */
export interface Attachment {
  /** The version that was agreed on, one of `versions`. */
  readonly version: string;
  /**
   * Sends `<key>:<event>`. The server acknowledges no message. A message that can never be sent (more than some 32 KB, or no
   * JSON) is dropped with a line in the log, and counts as sent.
   * @returns false when the message cannot be sent now, because the extension is no longer attached or the connection is
   * backed up: keep it and try again later
   */
  send(event: string, payload: object): boolean;
}

export interface Extension {
  /** The server's name for the extension: "health". Lower-case letters, digits and "_". */
  readonly key: string;
  /** Versions that the extension speaks, most preferred first. Servers that list no versions get the last one. */
  readonly versions: readonly string[];
  /** Property names in the payloads of its events. Properties of other names are dropped: see src/protocol.ts. */
  readonly names?: readonly string[];
  /** Only `true` means ready; otherwise (the clock is not set) it is called again every few seconds. Default: always ready. */
  ready?(): boolean;
  /** The server has agreed and `<key>:attached` was sent; from now on `attachment` sends. */
  attached(attachment: Attachment): void;
  /** A message from the server. @param event name without the key: "check" */
  event(event: string, payload: unknown): void;
  /** The attachment has ended, until the next `attached`: it was switched off or refused, or the connection is lost. */
  detached(): void;
}
