/*
 * The sources below the current folder, parsed once for all rules. Imports are not resolved and types not checked: the
 * compiler does that.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { API } from "typescript/unstable/sync";

const program = /\.[cm]?[jt]sx?$/;
/** The folders of sources; dist and node_modules hold none. */
const folders = ["src", "features", "modules", "hosts", "tools", "examples", "test", "bench"];

/** Paths of every source, relative and with "/". */
const paths = () => [
  ...readdirSync(".").filter((file) => program.test(file)),
  ...folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => program.test(file) && !file.includes("node_modules"))
        .map((file) => join(folder, file)),
    ),
];

/** @returns the files, each with `path`, `text`, `tree` (a SourceFile) and `line(node)`, counted from 1 */
export function readSources() {
  const config = "/rules/tsconfig.json";
  const found = paths().sort();
  const compilerOptions = { allowJs: true, noLib: true, noResolve: true, types: [] };
  const text = JSON.stringify({ compilerOptions, files: found.map((path) => resolve(path)) });
  const ours = (name) => name === config;
  const api = new API({
    fs: {
      readFile: (name) => (ours(name) ? text : undefined),
      fileExists: (name) => (ours(name) ? true : undefined),
    },
  });
  try {
    const { program: parsed } = api.updateSnapshot({ openProject: config }).getProject(config);
    return found.map((path) => {
      const tree = parsed.getSourceFile(resolve(path));
      const line = (node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      return { path, text: readFileSync(path, "utf8"), tree, line };
    });
  } finally {
    api.close();
  }
}

/** Whether a file is linked into a device, or may be; hosts/node is not. */
export const isLinked = (path) =>
  /^[^/]+\.ts$|^(src|features|modules|hosts\/(xs|esp32|simulator|flash-model))\/.*\.ts$/.test(path);
