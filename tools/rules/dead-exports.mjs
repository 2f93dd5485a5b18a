/*
 * Rule: what src, modules and hosts export is imported by another file that is no suite; what only suites need is no part of
 * the product. Types too, unless one belongs to something that is imported: it is then named in a declaration of its file that
 * somebody uses, and whoever calls that may want to name it.
 */

import * as is from "typescript/unstable/ast/is";

const product = /^(src|modules|hosts)\/.*\.ts$/;
const suites = /^(test|bench)\//;

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
  return files
    .filter(({ path }) => product.test(path))
    .flatMap((file) => {
      const { path, tree, line } = file;
      if (used.has(`${path} *`)) return [];
      const all = exportsOf(file);
      return all
        .filter(({ name }) => !used.has(`${path} ${name}`))
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

/** Whether another exported declaration of the file speaks of it. */
const isNamedByAnother = ({ name, node }, tree) =>
  [...tree.statements].some(
    (other) => other !== node && isExported(other, tree) && new RegExp(`\\b${name}\\b`).test(other.getText(tree)),
  );
