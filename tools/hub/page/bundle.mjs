/*
 * Makes the page: the browser's code and its libraries as one script, and one style sheet, beside page.js in dist/. Part of
 * the build (tools/run.mjs), and done only when something of it has changed.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const web = join(import.meta.dirname, "web");
const require = createRequire(import.meta.url);
const styles = ["@xterm/xterm/css/xterm.css", "uplot/dist/uPlot.min.css"];

/** @param root of the repository */
export async function bundlePage(root) {
  const folder = join(root, "dist/tools/hub/page");
  const [script, style] = [join(folder, "web.js"), join(folder, "web.css")];
  const sources = [import.meta.filename, join(root, "package-lock.json")].concat(
    readdirSync(web).map((name) => join(web, name)),
  );
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  if (existsSync(style) && statSync(style).mtimeMs > newest) return;
  // Only here: loading it takes longer than finding out that there is nothing to do.
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    input: join(web, "main.tsx"),
    platform: "browser",
    cwd: root,
    tsconfig: join(web, "tsconfig.json"),
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
  await bundle.close();
  mkdirSync(folder, { recursive: true });
  writeFileSync(script, output[0].code);
  const sheets = [...styles.map((name) => require.resolve(name)), join(web, "page.css")];
  writeFileSync(style, sheets.map((path) => readFileSync(path, "utf8")).join("\n"));
}
