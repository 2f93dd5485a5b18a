/*
 * StackFrame: parses `error.stack` of V8 and XS into frames. Pure; lines of an unknown shape are left out.
 *
 * V8: "    at name (file:///path/file.js:12:3)", "    at /path/file.js:12:3", "    at async name (…)".
 * XS (xsError.c, fx_Error_prototype_get_stack): " at name (path/file.js:12)"; without debug information " at name ()".
 */

import { cut, cutStart } from "../../../modules/text/cut.js";

/** Stack frames of one report; the server keeps 30. */
export const maxErrorFrames = 12;

/** A stack frame, with the server's property names. */
export interface StackFrame {
  module: string | null;
  function: string;
  file: string | null;
  line: number | null;
}

const frameOf = (text: string): StackFrame | undefined => {
  const parts = /^\s*at (?:async )?(?:(.*?) ?\()?([^()]*?)\)?$/.exec(text);
  if (parts === null) return undefined;
  const where = /^(.*?):(\d{1,7})(?::\d{1,7})?$/.exec(parts[2]);
  const file = where === null ? null : where[1];
  const module = file === null ? null : (file.split("/").at(-1) ?? file).replace(/\.[cm]?[jt]s$/, "");
  // The server groups errors by module and function, so a function without a name gets one.
  const name = parts[1] === undefined || parts[1] === "" ? "(anonymous)" : parts[1];
  return { module, function: cut(name, 80), file: file && cutStart(file, 80), line: where ? Number(where[2]) : null };
};

/** @returns the frames, innermost first */
export const stackFrames = (stack: unknown): StackFrame[] => {
  const frames: StackFrame[] = [];
  if (typeof stack !== "string") return frames;
  for (const line of stack.split("\n")) {
    const frame = /^\s*at[ (]/.test(line) ? frameOf(line) : undefined;
    if (frame !== undefined) frames.push(frame);
    if (frames.length >= maxErrorFrames) break;
  }
  return frames;
};
