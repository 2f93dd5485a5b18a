/*
 * compartmentEvaluator: the JavaScript evaluator of the prompt. Expressions run in a Compartment of XS, whose global object
 * holds the language and what the application passes in, and nothing else of the machine.
 *
 * It has a folder and a manifest of its own, since including it keeps XS's parser and every built-in in the build.
 *
 * The rules it guards: what an operator types cannot reach the machine's own globals or modules, and ordinary use of the
 * language does not end the run. It is no sandbox against exhaustion. These restart the device, since XS cannot interrupt an
 * evaluation: an endless loop (by the watchdog), a recursion or a nesting deeper than the stack, a call with more arguments
 * than the stack has slots left (`Math.max(...list)`, some hundred), and memory that runs out. A stack overflow passes every
 * catch and the abort hook. XS's meter (mxMetering) is no remedy: it changes the layout of the machine, and is an option of
 * the XS library, which the SDK compiles once for all apps of a platform, without it.
 */

interface Evaluator {
  readonly globalThis: object;
  evaluate(source: string): unknown;
}

declare const Compartment: new (options: { globals: object }) => Evaluator;

/** XS calls it before it gives up, if the manifest defines abortHook; XS continues when it returns false. */
type AbortHook = (reason: string, error: unknown) => unknown;

/** The hook's reason for a rejected promise that was collected before anybody handled it. */
const unhandledRejection = "unhandled rejection";

// This runs in the linker, since the module is preloaded. A linker that strips gives functions no length. It would replace a
// built-in that nobody names by a trap, which restarts the device as soon as an operator calls it.
if (((_: unknown) => undefined).length !== 1)
  throw new Error(
    'the JavaScript prompt needs every built-in, and a manifest strips them: take "strip" out of it, or set "strip": []',
  );

/**
 * The global names of ECMAScript except three: `Atomics` and `SharedArrayBuffer` are for workers (and `Atomics.wait` stops the
 * device), and XS ends the run when the callback of a `FinalizationRegistry` throws. A compartment has its own `Function`,
 * `eval` and `globalThis`.
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
 * Makes unhandled rejections survivable: they end the run on XS, and none tells which code caused it. From the first evaluated
 * line on, all of them are reported and survived; before it, the application's end the run as usual.
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
 * @param globals values that expressions may use, by name: `{ relay, settings }`. Expressions reach everything that these
 * values reach: a class by its `constructor`, the results of functions
 * @returns a function that evaluates text and returns its value; declarations last from call to call. Its second parameter
 * is called for unhandled rejections
 */
export const compartmentEvaluator = (
  globals: object,
): ((source: string, rejected: (reason: unknown) => void) => unknown) => {
  const compartment = new Compartment({ globals });
  // A compartment inherits the machine's `trace`, and so would a compartment that an expression makes.
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
