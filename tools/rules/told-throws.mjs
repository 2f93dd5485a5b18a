/*
 * Rule: what an exported function or a public method of linked code throws is told behind `@throws`. Looked at are the `throw`
 * statements of its own, not those of what it calls. One in a `try` with a `catch` is handled there, and a method without a
 * comment in a class that extends or implements another has the comment of that one.
 */

import * as is from "typescript/unstable/ast/is";
import { isLinked } from "./sources.mjs";

const isFunction = (node) =>
  is.isArrowFunction(node) ||
  is.isFunctionExpression(node) ||
  is.isFunctionDeclaration(node) ||
  is.isMethodDeclaration(node) ||
  is.isConstructorDeclaration(node) ||
  is.isGetAccessorDeclaration(node) ||
  is.isSetAccessorDeclaration(node);

const has = (node, tree, words) => node.modifiers?.some((one) => words.test(one.getText(tree))) === true;

/** Whether `node` has a `throw` that leaves it. */
function throwsItself(node) {
  if (is.isThrowStatement(node)) return true;
  if (isFunction(node)) return false;
  let found = false;
  const handled = is.isTryStatement(node) && node.catchClause !== undefined ? node.tryBlock : undefined;
  node.forEachChild((child) => {
    if (child !== handled) found ||= throwsItself(child);
  });
  return found;
}

/** @returns `{ node, name, made, told }` of each function: `node` has the comment, `made` the body */
function exported({ tree }) {
  return [...tree.statements].flatMap((node) => {
    if (!has(node, tree, /^export$/)) return [];
    if (is.isVariableStatement(node))
      return [...node.declarationList.declarations].map(({ name, initializer }) => ({ node, name, made: initializer }));
    if (is.isFunctionDeclaration(node)) return [{ node, name: node.name, made: node }];
    if (!is.isClassDeclaration(node)) return [];
    const inherits = node.heritageClauses !== undefined;
    return [...node.members]
      .filter((member) => !has(member, tree, /^(private|protected)$/))
      .filter(({ name }) => name === undefined || !is.isPrivateIdentifier(name))
      .map((member) => ({
        node: member,
        name: member.name ?? node.name,
        made: member,
        inherits: inherits && !is.isConstructorDeclaration(member),
      }));
  });
}

export function toldThrows({ files }) {
  return files
    .filter(({ path }) => isLinked(path))
    .flatMap((file) => {
      const { path, text, tree, line } = file;
      return exported(file).flatMap(({ node, name, made, inherits }) => {
        if (made === undefined || !isFunction(made) || made.body === undefined || !throwsItself(made.body)) return [];
        const comment = text.slice(node.pos, node.getStart(tree));
        if (comment.includes("@throws") || (inherits && !comment.includes("/**"))) return [];
        return [{ path, line: line(node), text: `${name.getText(tree)} throws, and its comment has no @throws` }];
      });
    });
}
