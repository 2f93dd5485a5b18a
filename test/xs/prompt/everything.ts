/*
 * An expression that goes through all that the language reaches, calls every function and constructor, and counts. A
 * built-in that was stripped from the build ends the run when it is called; what can be changed is named.
 */

export const everything = `(() => {
  const async = (async function* () { yield 1 })();
  const waiting = [
    Object.getPrototypeOf(globalThis), Function, eval, function () {}, () => {}, async () => {}, function* () {}, async function* () {},
    (function* () {})(), async, async.next(), [][Symbol.iterator](), ""[Symbol.iterator](), new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](), "a".matchAll(/a/g), Iterator.from({ next() {} }), [].values().map(() => 1), class {},
  ];
  const seen = new Set([relay, globalThis]);
  const open = [];
  let functions = 0;
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (Object(value) !== value || seen.has(value)) continue;
    seen.add(value);
    if (typeof value === "function") {
      functions++;
      try { value.call(undefined) } catch {}
      try { value.call({}, {}, {}) } catch {}
      try { Reflect.construct(value, []) } catch {}
      if (value.prototype !== undefined && !Object.isFrozen(value.prototype) && value.prototype.constructor === value && value.name !== "")
        open.push(value.name);
    }
    waiting.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const { value: held, get, set } = Object.getOwnPropertyDescriptor(value, key);
      waiting.push(held, get, set);
    }
  }
  return functions + " functions; can be changed: " + (open.join(" ") || "none");
})()`;
