/*
 * Rule: a private member of linked code is a `private _name`, never a `#name`; every `private` or `protected` member begins with
 * "_"; and a field is declared as one, never by a parameter of the constructor.
 *
 * A #name costs slots of ROM for each class and each use: 77 KB of an agent of 541 KB (ESP32-C3). TypeScript's `private` costs
 * as much as a public name, but protects nothing at run time. So a field that holds a secret or a key may keep its #, by the
 * entry "file: #name" of `privateNames` in exceptions.mjs. So may a subclass of an SDK class, where a name of ours could
 * clash with one of the SDK's, by an entry of the file alone.
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
      if (is.isParameterDeclaration(node) && (node.modifiers?.length ?? 0) > 0)
        found.push({ path, line: line(node), text: "a field is declared in the class, and not by a parameter" });
      node.forEachChild(visit);
    };
    tree.forEachChild(visit);
  }
  return found;
}

const hashed = (name) =>
  `${name} costs ROM, \`private _${name.slice(1)}\` does not; a secret, a key or a subclass of the SDK's is an entry of tools/rules/exceptions.mjs`;
