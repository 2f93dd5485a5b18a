/*
 * Imports: every `import`, `export … from`, `import("…")` and type `import("…").T` between our own files, by relative path or by a
 * module's name. Imports of the SDK and of npm packages are not listed.
 */

import { dirname, join } from "node:path";
import * as is from "typescript/unstable/ast/is";

/** A module's name as in manifests: "nerveshub/src/link" is src/link.ts, "nerveshub/network" network.ts. */
const ourName = /^nerveshub\/(?=(src|features|modules|hosts)\/|\w+$)/;
/** A name of the package: what an application on Node, or with mcpack, imports. Each is an entry. */
const packageName = /^nerves-hub-link-moddable(\/|$)/;

/** @returns the path of the imported source, or undefined when it is not one of ours */
function target(from, specifier, known) {
  const path = specifier.startsWith(".")
    ? join(dirname(from), specifier)
    : specifier === "nerveshub"
      ? specifier
      : ourName.test(specifier) || packageName.test(specifier)
        ? specifier.replace(ourName, "").replace(packageName, "")
        : undefined;
  if (path === undefined) return undefined;
  const bare = path.replace(/\.[cm]?js$/, "");
  return [path, `${bare}.ts`, `${bare}.d.ts`].find((candidate) => known.has(candidate)) ?? `${bare}.ts`;
}

const elements = (bindings) =>
  bindings !== undefined && (is.isNamedImports(bindings) || is.isNamedExports(bindings))
    ? bindings.elements
    : undefined;

/** Whether nothing of the import is left at run time: `import type …`, or each name with `type`. */
function isTypeOnly(node) {
  const clause = is.isImportDeclaration(node) ? node.importClause : node;
  if (clause === undefined) return false;
  const whole = is.isImportDeclaration(node) ? clause.phaseModifier !== undefined : clause.isTypeOnly;
  if (whole) return true;
  const names = elements(is.isImportDeclaration(node) ? clause.namedBindings : clause.exportClause);
  return clause.name === undefined && names !== undefined && [...names].every((name) => name.isTypeOnly);
}

/** The imported names, as the other file spells them; "*" means all. */
function names(node) {
  const clause = is.isImportDeclaration(node) ? node.importClause : node;
  const bindings = is.isImportDeclaration(node) ? clause?.namedBindings : clause.exportClause;
  const list = elements(bindings);
  if (list !== undefined) return [...list].map((one) => (one.propertyName ?? one.name).text);
  return clause === undefined || clause.name !== undefined ? [] : ["*"];
}

const isText = (node) => is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node);

/** `import("…")` and types `import("…").T` below `node`, as `{ node, specifier, type }`. */
function inlineImports(node, found = []) {
  const visit = (child) => {
    if (
      is.isImportTypeNode(child) &&
      is.isLiteralTypeNode(child.argument) &&
      is.isStringLiteral(child.argument.literal)
    )
      found.push({ node: child, specifier: child.argument.literal.text, type: true });
    else if (is.isCallExpression(child) && child.expression.getText() === "import" && isText(child.arguments[0]))
      found.push({ node: child, specifier: child.arguments[0].text, type: false });
    child.forEachChild(visit);
  };
  node.forEachChild(visit);
  return found;
}

/** @returns `{ from, to, line, type, names }`, of files in the order of their paths */
export function importsOf(files) {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path: from, tree, line, text }) => {
    const ofStatements = [...tree.statements].flatMap((node) => {
      if (!is.isImportDeclaration(node) && !is.isExportDeclaration(node)) return [];
      if (node.moduleSpecifier === undefined) return [];
      return [{ node, specifier: node.moduleSpecifier.text, type: isTypeOnly(node), names: names(node) }];
    });
    const inline = text.includes("import(") ? inlineImports(tree).map((one) => ({ ...one, names: ["*"] })) : [];
    return [...ofStatements, ...inline].flatMap(({ node, specifier, ...others }) => {
      const to = target(from, specifier, known);
      return to === undefined ? [] : [{ from, to, line: line(node), ...others }];
    });
  });
}
