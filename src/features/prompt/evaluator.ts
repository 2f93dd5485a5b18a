/*
 * A JavaScript evaluator for the console's `evaluate` option: expressions run in a Compartment of XS, whose global object
 * holds the language and what the application hands in, and nothing else of the machine.
 *
 * In a folder and a manifest of its own, since whoever includes it keeps XS's parser and every built-in in the build.
 *
 * The rules it guards: what an operator types cannot reach the machine's own globals or modules, and ordinary use of the
 * language does not end the run. It is no sandbox against exhaustion. An endless loop (by the watchdog), a recursion or a
 * nesting that is deeper than the stack, a call with more arguments than that has slots left (`Math.max(...list)`, some
 * hundred), and memory that runs out restart the device: XS cannot interrupt an evaluation. Its
 * meter (mxMetering) changes the layout of the machine and is an option of the XS library, which the SDK compiles once for
 * all apps of a platform, without it; and a stack overflow goes past every catch and past the abort hook.
 */

interface Evaluator {
  readonly globalThis: object;
  evaluate(source: string): unknown;
}

declare const Compartment: new (options: { globals: object }) => Evaluator;

/** Called by XS before it gives up, where the manifest defines abortHook; it goes on when the hook returns false. */
type AbortHook = (reason: string, error: unknown) => unknown;

/** What XS calls the hook with: a promise was rejected, nobody handled it, and it has been collected. */
const unhandledRejection = "unhandled rejection";

// This runs in the linker, since the module is preloaded. The linker gives functions no length where it strips: a built-in
// that nobody names would then be a trap that restarts the device as soon as an operator calls it.
if (((_: unknown) => undefined).length !== 1)
  throw new Error(
    'the JavaScript prompt needs every built-in, and a manifest strips them: take "strip" out of it, or set "strip": []',
  );

/**
 * The global names of ECMAScript, but for three: `Atomics` and `SharedArrayBuffer` are for workers (and `Atomics.wait` stops
 * the device); XS ends the run when the callback of a `FinalizationRegistry` throws. `Function`, `eval` and `globalThis`
 * are a compartment's own.
 */
const language = Object.freeze(
  Object.fromEntries(
    (
      "AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError " +
      "Float16Array Float32Array Float64Array Infinity Int16Array Int32Array Int8Array Iterator JSON Map Math NaN Number " +
      "Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError " +
      "Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent " +
      "encodeURI encodeURIComponent escape isFinite isNaN parseFloat parseInt undefined unescape"
    )
      .split(" ")
      .map((name) => [name, (globalThis as Record<string, unknown>)[name]]),
  ),
);

const compartmentsOwn = Object.freeze(["Function", "eval", "globalThis"]);

/**
 * A rejection ends the run on XS, and nothing tells whose it was: from the first line that is evaluated on, all of them are
 * reported and survived. Until then the application's are what they were.
 */
const surviveRejections = (report: (reason: unknown) => void): void => {
  let applications = (globalThis as { abort?: AbortHook }).abort;
  const hook: AbortHook = (reason, error) => {
    if (reason !== unhandledRejection) return applications?.(reason, error);
    report(error);
    return false;
  };
  Object.defineProperty(globalThis, "abort", {
    configurable: true,
    get: () => hook,
    set: (replacement) => {
      applications = replacement;
    },
  });
};

/**
 * @param globals by name, what expressions may use: `{ relay, settings }`. What these reach, expressions reach: a class by
 * its `constructor`, whatever a function returns
 * @returns a function that evaluates text and returns its value; declarations last from call to call. Its second parameter
 * is told of rejections that nobody handled
 */
export const compartmentEvaluator = (
  globals: object,
): ((source: string, rejected: (reason: unknown) => void) => unknown) => {
  const compartment = new Compartment({ globals });
  // A compartment inherits the machine's `trace`, and compartments of its own would get it again.
  const scope = compartment.globalThis;
  const kept = [...compartmentsOwn, ...Object.keys(globals)];
  for (const name of Object.getOwnPropertyNames(scope)) if (!kept.includes(name)) Reflect.deleteProperty(scope, name);
  Object.setPrototypeOf(scope, language);
  let report: ((reason: unknown) => void) | undefined;
  return (source, rejected) => {
    if (report === undefined) surviveRejections((reason) => report?.(reason));
    report = rejected;
    return compartment.evaluate(source);
  };
};
