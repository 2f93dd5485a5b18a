/*
 * Rule: in what is linked into a device, what is private is a `private _name`, never a `#name`, and every member that is
 * `private` or `protected` begins with "_".
 *
 * A #name costs slots of ROM for each class and each use, 77 KB of an agent of 541 (ESP32-C3). TypeScript's `private` costs
 * what a public name does, and protects from nobody at run time. So a field that holds a secret or a key may keep its #, by
 * an entry of `privateNames` in exceptions.mjs, "file: #name"; and by one of the file alone a subclass of one of the SDK's
 * classes, where a name of ours could be one of theirs.
 */

import * as is from "typescript/unstable/ast/is";
import { isLinked } from "./sources.mjs";

const isMember = (node) =>
  is.isPropertyDeclaration(node) ||
  is.isMethodDeclaration(node) ||
  is.isGetAccessorDeclaration(node) ||
  is.isSetAccessorDeclaration(node);

const isHidden = (node, tree) =>
  node.modifiers?.some((one) => /^(private|protected)$/.test(one.getText(tree))) === true;

export function privateNames({ files, exceptions }) {
  const found = [];
  for (const { path, tree, line } of files) {
    if (!isLinked(path)) continue;
    const visit = (node) => {
      if (isMember(node)) {
        const { name } = node;
        if (is.isPrivateIdentifier(name)) {
          const fits = (entry) => entry === path || entry === `${path}: ${name.text}`;
          if (!exceptions.allow("privateNames", fits)) found.push({ path, line: line(node), text: hashed(name.text) });
        } else if (isHidden(node, tree) && !name.getText(tree).startsWith("_"))
          found.push({
            path,
            line: line(node),
            text: `${name.text} is not public, so it has to be called _${name.text}`,
          });
      }
      node.forEachChild(visit);
    };
    tree.forEachChild(visit);
  }
  return found;
}

const hashed = (name) =>
  `${name} costs ROM, \`private _${name.slice(1)}\` does not; a secret, a key or a subclass of the SDK's is an entry of tools/rules/exceptions.mjs`;
