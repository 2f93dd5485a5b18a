/*
 * A value for people to read, whatever it is: what an expression at the prompt came to, or what its promise was rejected with.
 *
 * The rules it guards: it never throws, and neither time nor memory grow with the value. JSON.stringify and String do not
 * do: they call the value's own code, throw for some, and make a text of any length, for which a device has no room. Of the
 * value's code only an error's `toString` and the traps of a proxy run.
 */

import { maxCommandOutputCharacters } from "../../modules/limits/limits.js";
import { cut } from "../../modules/text/cut.js";

/** Levels of objects in objects; the stack of XS is short. */
const maxDepth = 6;
/** Elements or properties shown of one object. */
const maxEntries = 100;

/** @returns at most `maxCommandOutputCharacters`; a string stays as it is, and in an object is quoted */
export function inspect(value: unknown): string {
  if (typeof value === "string") return cut(value, maxCommandOutputCharacters);
  const inspection = new Inspection();
  inspection.show(value);
  return inspection.text;
}

class Inspection {
  readonly #parts: string[] = [];
  #room = maxCommandOutputCharacters;
  /** Objects that the shown one is in. */
  readonly #outer: object[] = [];

  get text(): string {
    return this.#parts.join("");
  }

  show(value: unknown): void {
    if (typeof value === "string") this.#put(JSON.stringify(cut(value, this.#room)));
    else if (typeof value === "function") this.#put("[function]");
    else if (typeof value === "bigint")
      this.#put(isShort(value) ? String(value) : "[a bigint of more than 308 digits]");
    else if (typeof value !== "object" || value === null) this.#put(String(value));
    else if (this.#outer.includes(value)) this.#put("[circular]");
    else if (this.#outer.length === maxDepth) this.#put("[object]");
    else {
      this.#outer.push(value);
      try {
        this.#object(value);
      } catch {
        this.#put("[an object that cannot be shown]");
      }
      this.#outer.pop();
    }
  }

  #object(value: object): void {
    if (value instanceof Error) this.#put(String(value));
    else if (value instanceof Date)
      this.#put(Number.isNaN(value.getTime()) ? String(value) : JSON.stringify(value.toISOString()));
    else if (value instanceof Map || value instanceof Set) this.#put(`[${value.size} entries]`);
    else if (isList(value)) this.#list(value);
    else this.#properties(value);
  }

  #list(list: ArrayLike<unknown>): void {
    this.#put("[");
    for (let i = 0; i < list.length && this.#goesOn(i, list.length); i++) this.#property(list, String(i));
    this.#put("]");
  }

  #properties(value: object): void {
    const keys = Object.keys(value);
    this.#put("{");
    for (let i = 0; i < keys.length && this.#goesOn(i, keys.length); i++) {
      this.#put(`${JSON.stringify(cut(keys[i], this.#room))}:`);
      this.#property(value, keys[i]);
    }
    this.#put("}");
  }

  /** Puts what stands before entry `index`. @returns false: no more of them */
  #goesOn(index: number, count: number): boolean {
    if (index > 0) this.#put(",");
    if (index === maxEntries) this.#put(` … ${count - index} more`);
    return index < maxEntries && this.#room > 0;
  }

  /** Calls no getter. */
  #property(owner: object, key: string): void {
    const property = Object.getOwnPropertyDescriptor(owner, key);
    if (property?.get === undefined) this.show(property?.value);
    else this.#put("[getter]");
  }

  #put(text: string): void {
    const part = cut(text, this.#room);
    this.#parts.push(part);
    this.#room -= part.length;
  }
}

function isShort(value: bigint): boolean {
  return value <= Number.MAX_VALUE && value >= -Number.MAX_VALUE;
}

function isList(value: object): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
