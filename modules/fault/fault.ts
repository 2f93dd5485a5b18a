/*
 * Fault: the one error type of this project.
 *
 * A fault says where (`stage`), what (`code`, stable, for programs) and what to do (`message`, one sentence for an
 * operator, shown as the reason on the server). It never holds a secret or a signed URL. Its message is one printable line,
 * whatever text of a server is in it: applications print it, and programs send it on.
 */

import { printable, printableLines } from "../text/printable.js";

export class Fault extends Error {
  /** Where it failed, one lower-case word: modules/ name their own, and src/client.ts lists those of the agent. */
  readonly stage: string;
  /** Stable, lower-case words joined by "-": "checksum-mismatch". Each code has one stage and one meaning (docs/faults.md). */
  readonly code: string;

  /**
   * @param stage where it failed
   * @param code what failed, stable
   * @param message one sentence that an operator can act on; a character that is not printable becomes its escape
   * @param cause the error behind it, if any
   */
  constructor(stage: string, code: string, message: string, cause?: unknown) {
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
 * Turns anything thrown into a Fault: a Fault stays itself, anything else becomes a Fault of `stage` and `code` with its
 * message. Never throws: it runs where errors are caught, and a thrown value may have no text (`Object.create(null)`).
 */
export const asFault = (error: unknown, stage: string, code: string): Fault => {
  try {
    if (error instanceof Fault) return error;
    return new Fault(stage, code, String(error instanceof Error ? error.message : error), error);
  } catch {
    return new Fault(stage, code, "a value that has no text");
  }
};

/**
 * The stack of a thrown value, for a developer; its text where it has no stack. The lines are printable, and all but the
 * first are indented, so that no message can pass for a line of a log. Never throws.
 */
export const stackOf = (error: unknown): string => {
  try {
    const lines = printableLines(String((error instanceof Error && error.stack) || error)).split("\n");
    return lines.map((line, at) => (at === 0 ? line : line.trimStart())).join("\n    ");
  } catch {
    return "a value that has no text";
  }
};
