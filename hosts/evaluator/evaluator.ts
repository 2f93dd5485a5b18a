/*
 * A JavaScript evaluator for the console's `evaluate` option: expressions run in a Compartment of XS, whose global object
 * holds the language and what the application hands in, and nothing else of the machine.
 *
 * In a folder and a manifest of its own, since whoever includes it keeps XS's parser in the build. It is no sandbox against
 * exhaustion: an endless loop or a recursion without end typed by an operator stops or restarts the device.
 */

interface Evaluator {
  evaluate(source: string): unknown;
}

/** What XS adds to the language (xsHost globals and the natives of the SDK). */
const additions = Object.freeze({ trace: undefined, native: undefined, Native: undefined, abort: undefined });

declare const Compartment: new (options: { globals: object }) => Evaluator;

/**
 * @param globals by name, what expressions may use: `{ relay, settings }`
 * @returns a function that evaluates text and returns its value; assignments last from call to call
 */
export function compartmentEvaluator(globals: object): (source: string) => unknown {
  // XS puts its own additions into every compartment; an application may hand them in, by its own decision.
  const compartment = new Compartment({ globals: { ...additions, ...globals } });
  return (source) => compartment.evaluate(source);
}
