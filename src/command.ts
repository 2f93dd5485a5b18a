/*
 * Command: one word that an operator can say to the device, in the console, the local shell or a support script.
 */

/** Characters of what one command prints: a screen or two, and it must wait in RAM until the socket takes it. */
export const maxCommandOutputCharacters = 4096;
/** Commands that return a promise are given up after this; scripts as a whole too, since the server forgets them at 15 s. */
export const commandDeadlineMs = 10_000;

export interface CommandCall {
  /** What stands after the command's name; quoted parts are one argument, without their quotes. */
  readonly args: readonly string[];
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number;
  /** Writes a line. What is printed after the command has ended is not seen. */
  print(line: string): void;
}

export interface Command {
  /** One word without blanks: "relay". */
  readonly name: string;
  /** Its arguments, for `help`: "on|off [seconds]". */
  readonly usage?: string;
  /** What it does, in one line, for `help`. */
  readonly help: string;
  /**
   * Does it. A text that it returns is printed; a promise is waited for, at most ten seconds; what it throws is shown as
   * the reason why it failed.
   */
  run(call: CommandCall): unknown;
}
