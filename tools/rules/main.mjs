/*
 * Rules for our sources that no compiler and no linter checks, one rule per file. They are part of `npm run check`, which
 * runs before anything is compiled, so they are plain JavaScript. They read the folders below the current one, and the
 * tools/rules/exceptions.mjs there.
 *
 *   node tools/rules/main.mjs            all of them
 *   node tools/rules/main.mjs circles    those whose names begin so
 */

import { Exceptions } from "./allowed.mjs";
import { bounds } from "./bounds.mjs";
import { deadExports } from "./dead-exports.mjs";
import { faultCodes } from "./fault-codes.mjs";
import { functionDeclarations } from "./function-declarations.mjs";
import { circlesOfImports } from "./import-circles.mjs";
import { importsThatAreNotAllowed } from "./import-directions.mjs";
import { importsOf } from "./imports.mjs";
import { jumpsThatLeaveASwitch } from "./leaving-a-switch.mjs";
import { oneHand } from "./one-hand.mjs";
import { preloadedRegExps } from "./preloaded-reg-exp.mjs";
import { privateNames } from "./private-names.mjs";
import { readSources } from "./sources.mjs";
import { toldThrows } from "./told-throws.mjs";

/** Each takes `{ files, imports, exceptions, write }` and returns what is wrong: `{ path, line, text }`. */
const rules = [
  preloadedRegExps,
  jumpsThatLeaveASwitch,
  importsThatAreNotAllowed,
  circlesOfImports,
  privateNames,
  functionDeclarations,
  faultCodes,
  bounds,
  oneHand,
  toldThrows,
  deadExports,
];

const [only = "", write] = process.argv.slice(2);
const files = readSources();
const exceptions = await Exceptions.read();
const wrong = rules
  .filter((rule) => rule.name.startsWith(only))
  .flatMap((rule) => rule({ files, imports: importsOf(files), exceptions, write: write === "--write" }));
if (only === "") wrong.push(...exceptions.spent());
for (const { path, line, text } of wrong) console.error(`${path}:${line}: ${text}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
