/*
 * Fault: the one error type of this project.
 *
 * A fault says where (`stage`), what (`code`, stable, for programs) and what to do (`message`, one sentence for an
 * operator, shown as the reason in NervesHub). It never holds a secret or a signed URL, and is one printable line whatever
 * a server has put into it: applications print it, and programs send it on.
 */

import { printable, printableLines } from "../text/printable.js";

/** Where something failed. */
export type Stage =
  | "options"
  | "resolve"
  | "connect"
  | "tls"
  | "transport"
  | "upgrade"
  | "websocket"
  | "channel"
  | "join"
  | "offer"
  | "download"
  | "image"
  | "flash"
  | "store"
  | "trial"
  | "extension"
  | "application";

export class Fault extends Error {
  readonly stage: Stage;
  /** Stable, lower-case words joined by "-", of one stage and one meaning: "checksum-mismatch"; docs/faults.md has all. */
  readonly code: string;

  /**
   * @param stage where it failed
   * @param code what failed, stable
   * @param message one sentence that an operator can act on; what would not show in it becomes its escape
   * @param cause the error behind it, if any
   */
  constructor(stage: Stage, code: string, message: string, cause?: unknown) {
    super(printable(message), cause === undefined ? undefined : { cause });
    this.stage = stage;
    this.code = code;
  }

  // A getter, since XS freezes Error.prototype and assigning `name` to an instance throws there.
  override get name(): string {
    return "Fault";
  }
}

/**
 * Anything thrown, as a Fault: a Fault stays itself, everything else becomes `stage`/`code` with its message. Never throws,
 * whatever it is given: it runs where errors are caught, and a thrown value may have no text (`Object.create(null)`).
 */
export const asFault = (error: unknown, stage: Stage, code: string): Fault => {
  try {
    if (error instanceof Fault) return error;
    return new Fault(stage, code, String(error instanceof Error ? error.message : error), error);
  } catch {
    return new Fault(stage, code, "a value that has no text");
  }
};

/**
 * Its stack, for a developer; its text where it has none. In printable lines, and all but the first are indented, so that
 * no message makes a line of a log. Never throws.
 */
export const stackOf = (error: unknown): string => {
  try {
    const lines = printableLines(String((error instanceof Error && error.stack) || error)).split("\n");
    return lines.map((line, at) => (at === 0 ? line : line.trimStart())).join("\n    ");
  } catch {
    return "a value that has no text";
  }
};
