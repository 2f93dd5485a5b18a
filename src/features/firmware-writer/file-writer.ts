/*
 * FileWriter: an application's writer of a file that the link downloads. FirmwareWriter takes updates, ArchiveWriter archives;
 * each has a `begin` of its own, since it is told of another file.
 *
 * The order of calls is fixed: begin, write…, then finish or abort; each call waits for the previous one.
 *
 * The rule it guards: a call is done when it returns undefined, or when its promise fulfils with any value. A call refuses
 * when it throws or rejects, with the error's message as the reason, when it returns another value, or when its promise takes
 * longer than a minute. A failing `abort` is only logged.
 */

export interface FileWriter {
  /** Writes bytes. `chunk` is a view that is valid until the call is done. Nothing is read from the network meanwhile. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** All bytes were written. */
  finish(): void | Promise<void>;
  /** No more bytes follow: discard what was written. A later `begin` starts anew. */
  abort(): void | Promise<void>;
}
