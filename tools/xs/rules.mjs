/*
 * Rules for everything that runs on XS which no compiler checks. Part of `npm run check`, so it is plain JavaScript: nothing
 * is compiled yet. It looks at the folders below where it is started.
 *
 * 1. No RegExp outlives a call, in what is preloaded. In SDK 8.2.3 the match data of a RegExp that was made when a module
 *    was preloaded is allocated outside the heap and then treated as a part of it (xs/sources/xsre.c, fxAllocateRegExpData
 *    lacks an `else`): each use leaks, and the next collection crashes. One that is made inside a function is sound.
 * 2. No jump leaves a switch but its own break, return and throw: see leaving-a-switch.mjs.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { jumpsThatLeaveASwitch } from "./leaving-a-switch.mjs";

const preloaded = [
  "src",
  "modules",
  "hosts/flash-model",
  "hosts/xs",
  "hosts/esp32",
  "hosts/simulator",
  "src/features/prompt",
];
/** With the portable suites; those that need Node are left out below. */
const onXs = ["src", "modules", "hosts", "examples", "test", "bench/xs"];
const onNode = /\.node\.test\.ts$|^hosts\/node\//;

const lasting =
  /^(export )?(const|let) [^=]*=\s*(\/(?![/*])|new RegExp|\[\s*\/)|^\s*static [^=]*=\s*(\/(?![/*])|new RegExp)/;

/** Files below `folders` that exist, whose names match. */
function files(folders, name) {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => name.test(file))
        .map((file) => join(folder, file)),
    );
}

let broken = 0;
for (const path of files(preloaded, /\.ts$/)) {
  readFileSync(path, "utf8")
    .split("\n")
    .forEach((line, i) => {
      if (!lasting.test(line)) return;
      console.error(`${path}:${i + 1}: a preloaded RegExp crashes XS; make it inside a function`);
      broken++;
    });
}

const program = /\.[cm]?[jt]sx?$/;
const sources = [...files(onXs, program), ...readdirSync(".").filter((file) => program.test(file))];
for (const { path, line } of jumpsThatLeaveASwitch(
  sources.filter((path) => !onNode.test(path)).map((path) => resolve(path)),
)) {
  console.error(
    `${relative("", path)}:${line}: this jump leaves a switch, and XS loses a stack slot each time; put the switch into a function`,
  );
  broken++;
}
process.exitCode = broken > 0 ? 1 : 0;
