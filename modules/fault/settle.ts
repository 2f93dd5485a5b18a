/*
 * Settle: runs code that is not ours and hears how it ended, once: what it returned, what its promise came to, or what it
 * threw or rejected with. Any thenable is a promise here, as it is for `await`.
 *
 * The rule it guards: nothing that such code does reaches the engine. On XS an exception that leaves a callback ends the
 * machine, and so does a rejected promise that is collected before anybody has looked at it; Node ends the process.
 */

/** @param fulfilled it is what a promise came to, and not what was returned */
export type Settled = (value: unknown, fulfilled: boolean) => void;

export type Failed = (error: unknown, how: "threw" | "rejected") => void;

/**
 * A function that returns no promise is through when this returns, and makes none here.
 * @param done called from inside where no promise was returned; what it throws then is the caller's
 */
export const settle = (body: () => unknown, done: Settled, failed: Failed): void => {
  let value: unknown;
  let pending: boolean;
  try {
    value = body();
    pending = isThenable(value);
  } catch (error) {
    failed(error, "threw");
    return;
  }
  if (!pending) {
    done(value, false);
    return;
  }
  // Not `value.then`: it may be anybody's, call back twice or throw. The engine deals with that where it resolves.
  new Promise((resolve) => resolve(value))
    .then(
      (result) => done(result, true),
      (error: unknown) => failed(error, "rejected"),
    )
    .then(undefined, (error: unknown) => failed(error, "threw"));
};

/** @throws whatever a getter of `then` throws */
export const isThenable = (value: unknown): boolean => {
  const may = (typeof value === "object" && value !== null) || typeof value === "function";
  return may && typeof (value as { then?: unknown }).then === "function";
};
