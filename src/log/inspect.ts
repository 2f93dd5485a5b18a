/*
 * inspect: any value as text for people, such as the value of an expression at the prompt or the reason of a rejection.
 *
 * The rules it guards: it never throws, and neither time nor memory grow with the value. JSON.stringify and String are
 * unusable: they call the value's own code, throw for some values, and make texts of any length, for which a device has no
 * room. Here only an error's `toString` and the traps of a proxy run.
 */

import { cut } from "../../modules/text/cut.js";
import { maxCommandOutputCharacters } from "../command.js";

/** Nested objects that are shown; the stack of XS is short. */
const maxDepth = 6;
/** Elements or properties shown of one object. */
const maxEntries = 100;

/** @returns at most `maxCommandOutputCharacters`; a string is unchanged at the top level, and quoted inside an object */
export const inspect = (value: unknown): string => {
  if (typeof value === "string") return cut(value, maxCommandOutputCharacters);
  const inspection = new Inspection();
  inspection.show(value);
  return inspection.text;
};

class Inspection {
  private readonly _parts: string[] = [];
  private _room = maxCommandOutputCharacters;
  /** The objects that enclose the one being shown. */
  private readonly _outer: object[] = [];

  get text(): string {
    return this._parts.join("");
  }

  show(value: unknown): void {
    if (typeof value === "string") this._put(JSON.stringify(cut(value, this._room)));
    else if (typeof value === "function") this._put("[function]");
    else if (typeof value === "bigint")
      this._put(isShort(value) ? String(value) : "[a bigint of more than 308 digits]");
    else if (typeof value !== "object" || value === null) this._put(String(value));
    else if (this._outer.includes(value)) this._put("[circular]");
    else if (this._outer.length === maxDepth) this._put("[object]");
    else {
      this._outer.push(value);
      try {
        this._object(value);
      } catch {
        this._put("[an object that cannot be shown]");
      }
      this._outer.pop();
    }
  }

  private _object(value: object): void {
    if (value instanceof Error) this._put(String(value));
    else if (value instanceof Date)
      this._put(Number.isNaN(value.getTime()) ? String(value) : JSON.stringify(value.toISOString()));
    else if (value instanceof Map || value instanceof Set) this._put(`[${value.size} entries]`);
    else if (isList(value)) this._list(value);
    else this._properties(value);
  }

  private _list(list: ArrayLike<unknown>): void {
    this._put("[");
    for (let i = 0; i < list.length && this._goesOn(i, list.length); i++) this._property(list, String(i));
    this._put("]");
  }

  private _properties(value: object): void {
    const keys = Object.keys(value);
    this._put("{");
    for (let i = 0; i < keys.length && this._goesOn(i, keys.length); i++) {
      this._put(`${JSON.stringify(cut(keys[i], this._room))}:`);
      this._property(value, keys[i]);
    }
    this._put("}");
  }

  /** Puts the separator before entry `index`. @returns false when no more entries are shown */
  private _goesOn(index: number, count: number): boolean {
    if (index > 0) this._put(",");
    if (index === maxEntries) this._put(` … ${count - index} more`);
    return index < maxEntries && this._room > 0;
  }

  /** Calls no getter. */
  private _property(owner: object, key: string): void {
    const property = Object.getOwnPropertyDescriptor(owner, key);
    if (property?.get === undefined) this.show(property?.value);
    else this._put("[getter]");
  }

  private _put(text: string): void {
    const part = cut(text, this._room);
    this._parts.push(part);
    this._room -= part.length;
  }
}

const isShort = (value: bigint): boolean => {
  return value <= Number.MAX_VALUE && value >= -Number.MAX_VALUE;
};

const isList = (value: object): value is ArrayLike<unknown> => {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
};
