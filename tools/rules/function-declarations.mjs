/*
 * Rule: in what is linked into a device, a function at top level is a constant, `const f = () => …`. A declaration adds a
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
          const name = node.name?.text ?? "f";
          return {
            path,
            line: line(node),
            text: `a function declaration costs 63 bytes of flash more than \`const ${name} = () => …\``,
          };
        }),
    );
}

/** Whether `node` is a function declaration with a body: `declare function` and overloads are types. */
const isPlainFunction = (node) =>
  is.isFunctionDeclaration(node) && node.asteriskToken === undefined && node.body !== undefined;
