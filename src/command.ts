/*
 * Command: one word that an operator can say to the device, in the console, the local shell or a support script.
 */

/** Characters that one command may print: a screen or two. They wait in RAM until the socket takes them. */
export const maxCommandOutputCharacters = 4096;
/** Time for a command's promise, and for a whole script: the server forgets a script after 15 s. */
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
   * Runs the command. A returned text is printed; a promise is awaited for at most ten seconds; an error is shown as the
   * reason of the failure.
   */
  run(call: CommandCall): unknown;
}
