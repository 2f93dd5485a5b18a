/*
 * Rule: an exported bound has a reason above it, a `limit("name", …)` in a suite that XS runs too, and a row in
 * docs/bounds.md, which is made of the sources: `node tools/rules/main.mjs bounds --write`.
 *
 * A bound is a constant of linked code with a name such as maxHeaderLineBytes, loggingRate or commandDeadlineMs. A bound that
 * is not exported needs none of that.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as is from "typescript/unstable/ast/is";
import { isLinked } from "./sources.mjs";

const list = "docs/bounds.md";
const constant =
  /(?<comment>\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export const (?<name>\w+)(?:: [^=;]+)? = (?<value>[^;]+);/gm;

export const isBound = (name) =>
  /^(max|min|kept|latest|earliest)[A-Z]\w*$|^\w+(Rate|Limit|DeadlineMs|TimeoutMs)$/.test(name);
const isPortableSuite = (path) => path.endsWith(".test.ts") && !path.endsWith(".node.test.ts");

/** @returns `{ name, value, reason, path, line }` */
function boundsOf({ path, text }) {
  const found = [];
  let end;
  let reason = "";
  for (const match of text.matchAll(constant)) {
    const { comment, name, value } = match.groups;
    if (!isBound(name)) continue;
    const follows = text.slice(end, match.index).trim() === "";
    if (comment !== undefined)
      reason = comment
        .replaceAll(/^ *\/?\*+\/? ?|\*\/$/gm, "")
        .replaceAll(/\s+/g, " ")
        .trim();
    else if (!follows) reason = "";
    end = match.index + match[0].length;
    found.push({
      name,
      value,
      reason,
      path,
      line: text.slice(0, text.indexOf(`export const ${name}`)).split("\n").length,
    });
  }
  return found;
}

const page = (bounds) => `# Bounds

Whatever comes from outside is bounded. A bound is chosen so that everything a healthy peer sends passes with room to spare, and
nothing beyond it exhausts an ESP32 with some 100 KB of free heap; who goes beyond is in error, and a fault says so. Each was run
at the bound and one beyond it, on Node and on XS. This list is written by \`node tools/rules/main.mjs bounds --write\`.

| Bound | Value | Reason | Beside |
| --- | --- | --- | --- |
${bounds
  .map(({ name, value, reason, path }) => {
    const plain = value.replace(/^Object\.freeze\((.*)\)$/s, "$1").replaceAll(/\s+/g, " ");
    const why = reason.replaceAll("|", "\\|");
    return `| \`${name}\` | ${plain} | ${why} | [${path.replace(/^.*\//, "")}](../${path}) |`;
  })
  .join("\n")}
`;

export function bounds({ files, write }) {
  const found = files.filter(({ path }) => isLinked(path)).flatMap(boundsOf);
  const run = new Set(
    files
      .filter(({ path }) => isPortableSuite(path))
      .flatMap(({ text }) => [...text.matchAll(/^\s*limit\(\s*"(\w+)"/gm)].map(([, name]) => name)),
  );
  const wrong = found.flatMap(({ name, reason, path, line }) => {
    const faults = [];
    if (reason === "") faults.push(`the bound ${name} has no reason above it`);
    if (!run.has(name)) faults.push(`no suite that XS runs has a limit("${name}", …): at the bound, and one beyond it`);
    return faults.map((text) => ({ path, line, text }));
  });
  for (const { path, tree, line } of files.filter(({ path }) => isLinked(path)))
    for (const node of tree.statements)
      if (is.isExportDeclaration(node) && node.moduleSpecifier === undefined)
        for (const { name } of node.exportClause?.elements ?? [])
          if (isBound(name.text))
            wrong.push({ path, line: line(node), text: `the bound ${name.text} is exported where it is made` });
  const wanted = page(found);
  if (found.length === 0 || (existsSync(list) && readFileSync(list, "utf8") === wanted)) return wrong;
  if (write) writeFileSync(list, wanted);
  else
    wrong.push({ path: list, line: 1, text: "is not what the sources say: node tools/rules/main.mjs bounds --write" });
  return wrong;
}
