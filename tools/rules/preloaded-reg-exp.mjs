/*
 * Rule: preloaded code has no RegExp that outlives a call. In SDK 8.2.3 the match data of a RegExp that was made when a module
 * was preloaded is allocated outside the heap and then treated as a part of it (xs/sources/xsre.c, fxAllocateRegExpData
 * lacks an `else`): each use leaks, and the next collection crashes. A RegExp that is made inside a function is sound.
 */

import * as is from "typescript/unstable/ast/is";
import { isLinked } from "./sources.mjs";

const isRegExp = (node) =>
  is.isRegularExpressionLiteral(node) ||
  ((is.isNewExpression(node) || is.isCallExpression(node)) && node.expression.getText() === "RegExp");

/** Where code runs at a call, and not when its module is preloaded. A static field is no such place. */
const isCalled = (node) =>
  is.isArrowFunction(node) ||
  is.isFunctionExpression(node) ||
  is.isFunctionDeclaration(node) ||
  is.isMethodDeclaration(node) ||
  is.isConstructorDeclaration(node) ||
  is.isGetAccessorDeclaration(node) ||
  is.isSetAccessorDeclaration(node) ||
  (is.isPropertyDeclaration(node) && node.modifiers?.some((one) => one.getText() === "static") !== true);

export function preloadedRegExps({ files }) {
  const found = [];
  for (const { path, tree, line } of files.filter(({ path }) => isLinked(path))) {
    const visit = (node) => {
      if (isCalled(node)) return;
      if (isRegExp(node)) found.push({ path, line: line(node), text });
      else node.forEachChild(visit);
    };
    tree.forEachChild(visit);
  }
  return found;
}

const text = "a preloaded RegExp crashes XS; make it inside a function";
