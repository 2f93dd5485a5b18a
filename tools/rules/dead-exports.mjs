/*
 * Rule: every export of src, modules and hosts is imported by another file that is no suite, since code that only suites
 * need is no part of the product.
 *
 * A bound (bounds.mjs) may be used by its own file alone. A type may be named by another export of its file alone, since the
 * user of that export may want to name the type. A file that a manifest lists under another name than its path ("ssl/cert",
 * "nerveshub/hosts/platform/network") is used.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as is from "typescript/unstable/ast/is";
import { isBound } from "./bounds.mjs";

const product = /^(src|modules|hosts)\/.*\.ts$/;
const suites = /^(test|bench)\//;

/** Files that a manifest lists under another name than their path. */
function givenOn() {
  const found = new Set();
  const walk = (folder, value) => {
    for (const [name, path] of Object.entries(value.modules ?? {}))
      for (const file of [path].flat())
        if (name !== "*" && `nerveshub/${join(folder, file)}` !== name) found.add(`${join(folder, file)}.ts`);
    for (const platform of Object.values(value.platforms ?? {})) walk(folder, platform);
  };
  const folders = ["src", "modules", "hosts"].filter((folder) => existsSync(folder));
  const inside = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  );
  for (const path of [...readdirSync("."), ...inside])
    if (/(^|\/)manifest[^/]*\.json$/.test(path)) walk(dirname(path), JSON.parse(readFileSync(path, "utf8")));
  return found;
}

const isExported = (node, tree) => node.modifiers?.some((one) => one.getText(tree) === "export") === true;

/** @returns `{ name, node, type }` of what a file exports and declares itself */
function exportsOf({ tree }) {
  return [...tree.statements].flatMap((node) => {
    if (is.isExportDeclaration(node) && node.moduleSpecifier === undefined)
      return [...(node.exportClause?.elements ?? [])].map((one) => ({
        name: one.name.text,
        node: one,
        type: one.isTypeOnly,
      }));
    if (!isExported(node, tree)) return [];
    if (is.isVariableStatement(node))
      return [...node.declarationList.declarations].map((one) => ({ name: one.name.text, node: one, type: false }));
    if (node.modifiers.some((one) => one.getText(tree) === "default")) return [{ name: "default", node, type: false }];
    const type = is.isInterfaceDeclaration(node) || is.isTypeAliasDeclaration(node);
    return node.name === undefined ? [] : [{ name: node.name.text, node, type }];
  });
}

export function deadExports({ files, imports, exceptions }) {
  const used = new Set();
  for (const { from, to, names } of imports)
    if (!suites.test(from)) for (const name of names) used.add(`${to} ${name}`);
  const given = givenOn();
  return files
    .filter(({ path }) => product.test(path) && !given.has(path))
    .flatMap((file) => {
      const { path, tree, line } = file;
      if (used.has(`${path} *`)) return [];
      const all = exportsOf(file);
      return all
        .filter(({ name }) => !used.has(`${path} ${name}`))
        .filter(({ name }) => !(isBound(name) && file.text.split(new RegExp(`\\b${name}\\b`)).length > 2))
        .filter((one) => !(one.type && isNamedByAnother(one, tree)))
        .filter(
          ({ name }) => !exceptions.allow("deadExports", (entry) => entry === path || entry === `${path}: ${name}`),
        )
        .map(({ name, node }) => ({
          path,
          line: line(node),
          text: `nobody but suites imports ${name}; it is dead, private to this file, or public and an entry of tools/rules/exceptions.mjs`,
        }));
    });
}

/** Whether another exported declaration of the file names the export. */
const isNamedByAnother = ({ name, node }, tree) =>
  [...tree.statements].some(
    (other) => other !== node && isExported(other, tree) && new RegExp(`\\b${name}\\b`).test(other.getText(tree)),
  );
