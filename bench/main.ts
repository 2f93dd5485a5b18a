/*
 * `npm run bench`: every figure, one JSON object a line: {"name","value","unit","reference","ratio"}. Those of XS come
 * where there is a Moddable SDK; without one, a line on standard error says that they are missing.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

await import("./update.js");
await import("./idle.js");
await import("./delta.js");

const xs = fileURLToPath(new URL("../tools/xs/bench.js", import.meta.url));
const { status, stdout } = spawnSync(process.execPath, [xs], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
const figures = stdout.split("\n").filter((line) => line.startsWith("{"));
for (const line of figures) console.log(line);
if (figures.length === 0) console.error(`no figures of XS: ${stdout.trim()}`);
process.exitCode = status === 3 ? 0 : (status ?? 1);
