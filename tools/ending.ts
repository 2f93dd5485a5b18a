/*
 * What ends a program at the command line from outside: a signal, or an output that nobody reads any more
 * (`npm start | head`). Whoever waits for it can clear up; a second signal ends the program at once.
 */

export interface Ending {
  /** Exit status as shells have it: 128 and the signal's number. */
  readonly status: number;
}

const terminatedStatus = 143;
const signals: readonly [NodeJS.Signals, number][] = [
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", terminatedStatus],
];
/** How often a program of npm's looks whether npm's shell is still there. */
const parentPollMs = 200;
/** Of a program that SIGPIPE ends, which Node turns into an error of the stream. */
const closedPipeStatus = 141;

/** Calls `closed` when standard output or standard error has lost its reader; other errors of theirs stay fatal. */
export function onClosedPipe(closed: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      closed();
    });
  }
}

/** For programs with nothing to clear up. */
export function endOnClosedPipe(): void {
  onClosedPipe(() => process.exit(closedPipeStatus));
}

/** npm passes SIGTERM to the shell of its script, and that keeps it for itself: the shell is gone then, and nothing else. */
function onParentGone(gone: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    gone();
  }, parentPollMs);
  poll.unref();
}

export function ending(): Promise<Ending> {
  return new Promise((resolve) => {
    for (const [signal, status] of signals) process.once(signal, () => resolve({ status }));
    onParentGone(() => resolve({ status: terminatedStatus }));
    onClosedPipe(() => resolve({ status: closedPipeStatus }));
  });
}
