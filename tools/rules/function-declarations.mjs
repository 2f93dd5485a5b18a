/*
 * Rule: in what is linked into a device, a function at top level is a constant, `const f = () => …`. A declaration, and `const f = function`, add a
 * prototype, an object and a constructor that nobody needs: 161 bytes of flash beside 98. A generator has no other form.
 */

import * as is from "typescript/unstable/ast/is";
import { isLinked } from "./sources.mjs";

export function functionDeclarations({ files }) {
  return files
    .filter(({ path }) => isLinked(path))
    .flatMap(({ path, tree, line }) =>
      [...tree.statements]
        .filter((node) => isPlainFunction(node))
        .map((node) => {
          const name = node.name?.text ?? node.declarationList?.declarations[0].name.text ?? "f";
          return {
            path,
            line: line(node),
            text: `a function with a prototype costs 63 bytes of flash more than \`const ${name} = () => …\``,
          };
        }),
    );
}

/** Whether `node` is, or has, a function with a prototype: not a type (`declare function`, overloads), nor a generator. */
const isPlainFunction = (node) => {
  if (is.isVariableStatement(node))
    return [...node.declarationList.declarations].some(
      ({ initializer }) =>
        initializer !== undefined && is.isFunctionExpression(initializer) && initializer.asteriskToken === undefined,
    );
  return is.isFunctionDeclaration(node) && node.asteriskToken === undefined && node.body !== undefined;
};
