/*
 * Fault: the one error type of this project.
 *
 * A fault says where (`stage`), what (`code`, stable, for programs) and what to do (`message`, one sentence for an
 * operator, shown as the reason in NervesHub). It never holds a secret or a signed URL.
 */

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
  /** Stable, lower-case words joined by "-", unique over all stages: "checksum-mismatch". */
  readonly code: string;

  /**
   * @param stage where it failed
   * @param code what failed, stable
   * @param message one sentence that an operator can act on
   * @param cause the error behind it, if any
   */
  constructor(stage: Stage, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
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
export function asFault(error: unknown, stage: Stage, code: string): Fault {
  try {
    if (error instanceof Fault) return error;
    return new Fault(stage, code, String(error instanceof Error ? error.message : error), error);
  } catch {
    return new Fault(stage, code, "a value that has no text");
  }
}

/** Its stack, for a developer; its text where it has none. Never throws. */
export function stackOf(error: unknown): string {
  try {
    return String((error instanceof Error && error.stack) || error);
  } catch {
    return "a value that has no text";
  }
}
