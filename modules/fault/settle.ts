/*
 * Settle: runs code of others and reports once how it ended: the value that it returned, the value that its promise was
 * fulfilled with, or the error that it threw or rejected with. Any thenable counts as a promise, as it does for `await`.
 *
 * The rule it guards: no error of such code reaches the engine. On XS an exception that leaves a callback ends the
 * machine, and so does a rejected promise that is collected before anybody has looked at it; Node ends the process.
 */

/** @param fulfilled true when a promise was fulfilled with `value`, false when `body` returned `value` itself */
export type Settled = (value: unknown, fulfilled: boolean) => void;

export type Failed = (error: unknown, how: "threw" | "rejected") => void;

/**
 * Runs `body`. Where it returns no promise, `done` or `failed` is called before `settle` returns, and no promise is made.
 * @param done called from inside `settle` where no promise was returned; what it throws there is thrown by `settle`
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
  // Not `value.then(…)`: a foreign `then` may call back twice or throw. A promise that resolves with it copes with that.
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
