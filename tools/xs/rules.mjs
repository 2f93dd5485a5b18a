/*
 * Rules for everything that is preloaded on XS which no compiler checks. Part of `npm run check`, so it is plain
 * JavaScript: nothing is compiled yet.
 *
 * 1. No RegExp outlives a call. In SDK 8.2.3 the match data of a RegExp that was made when a module was preloaded is
 *    allocated outside the heap and then treated as a part of it (xs/sources/xsre.c, fxAllocateRegExpData lacks an
 *    `else`): each use leaks, and the next collection crashes. One that is made inside a function is sound.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folders = ["src", "modules", "hosts/shared", "hosts/xs", "hosts/esp32", "hosts/simulator"];
const lasting =
  /^(export )?(const|let) [^=]*=\s*(\/(?![/*])|new RegExp|\[\s*\/)|^\s*static [^=]*=\s*(\/(?![/*])|new RegExp)/;

let broken = 0;
for (const folder of folders) {
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const path = join(folder, file);
    readFileSync(path, "utf8")
      .split("\n")
      .forEach((line, i) => {
        if (!lasting.test(line)) return;
        console.error(`${path}:${i + 1}: a preloaded RegExp crashes XS; make it inside a function`);
        broken++;
      });
  }
}
process.exitCode = broken > 0 ? 1 : 0;
