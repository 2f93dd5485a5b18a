/*
 * Rule: a fault's code belongs to one stage, since programs and operators know it by the code alone; and docs/faults.md lists
 * all of them. A stage is one of the agent's. `node tools/rules/main.mjs faultCodes --write` writes that list.
 *
 * Every `new Fault(stage, code, …)` is collected, and every `super(…)` of a subclass. When stage or code is a parameter of the
 * function around it, as in `asFault`, or a field that the constructor was given, the arguments of the callers are read:
 * callers are found by name, in the same file, and for an exported function in files that import it.
 *
 * `new Fault(fault.stage, fault.code, …)` is the same fault with another sentence.
 *
 * The rule it guards: stage and code are in the end texts, choices between texts, or constants of the file.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as is from "typescript/unstable/ast/is";

const list = "docs/faults.md";
/** Has the type Stage, the stages of the agent: modules/ take any text for one. */
const stagesPath = "src/client.ts";
const sources = /^(src|modules|hosts)\/.*\.ts$/;

const isFunction = (node) =>
  is.isArrowFunction(node) ||
  is.isFunctionDeclaration(node) ||
  is.isFunctionExpression(node) ||
  is.isMethodDeclaration(node) ||
  is.isConstructorDeclaration(node);

/** The nearest node around `node` that `matches` finds. */
function around(node, matches) {
  let outer = node.parent;
  while (outer !== undefined && !matches(outer)) outer = outer.parent;
  return outer;
}

/** The name that callers use for a function: its own, or that of its constant or class. */
const nameOf = (node) => (is.isConstructorDeclaration(node) ? node.parent.name : (node.name ?? node.parent.name))?.text;

const superclass = (node) => node?.heritageClauses?.[0]?.types[0]?.expression.text;

/** The last name of the function or class that is called. */
function called({ expression }, tree) {
  if (is.isPropertyAccessExpression(expression)) return expression.name.text;
  if (expression.getText(tree) === "super") return undefined;
  return expression.text;
}

/** Whether callers in other files are possible. */
const isExported = (node, tree) => {
  if (around(node, isFunction) !== undefined) return false;
  const statement = around(node, (outer) => outer.parent === tree) ?? node;
  const exported = statement.modifiers?.some((one) => one.getText(tree) === "export") === true;
  return exported && !node.modifiers?.some((one) => one.getText(tree) === "private");
};

class Faults {
  /** Calls by the name of the called function. */
  #calls = new Map();
  #constants = new Map();
  /** By path, the paths of the files that import it. */
  #importers = new Map();
  /** `{ stage, code, path, line }` */
  found = [];
  /** Faults whose stage or code cannot be read. */
  unread = [];

  constructor(files, imports) {
    for (const { from, to } of imports) this.#importers.set(to, (this.#importers.get(to) ?? new Set()).add(from));
    const made = [];
    for (const file of files) {
      const constants = new Map();
      this.#constants.set(file, constants);
      const visit = (node) => {
        if (is.isVariableDeclaration(node) && node.initializer !== undefined)
          constants.set(node.name.text, node.initializer);
        if (is.isCallExpression(node) || is.isNewExpression(node)) {
          const name = called(node, file.tree);
          const isFault = name === "Fault" || superclass(around(node, is.isClassDeclaration)) === "Fault";
          if (name === undefined || name === "Fault") {
            if (isFault) made.push({ node, file });
          } else this.#calls.set(name, [...(this.#calls.get(name) ?? []), { node, file }]);
        }
        node.forEachChild(visit);
      };
      file.tree.forEachChild(visit);
    }
    for (const { node, file } of made) this.#pairs({ at: node.arguments[0], file }, { at: node.arguments[1], file }, 0);
  }

  #pairs(stage, code, depth) {
    if (isReworded(stage, code)) return;
    const [readStage, readCode] = [this.#read(stage), this.#read(code)];
    const { file } = code;
    if (readStage === undefined || readCode === undefined || depth > 8) {
      this.unread.push({ path: file.path, line: file.line(code.at ?? stage.at ?? file.tree) });
    } else if (readStage.texts !== undefined && readCode.texts !== undefined) {
      for (const a of readStage.texts)
        for (const b of readCode.texts)
          this.found.push({ stage: a, code: b, path: file.path, line: file.line(code.at) });
    } else {
      const followed = readCode.texts === undefined ? readCode : readStage;
      const callers = this.#callers(followed);
      // A method without a caller in sight: its callers know its class by a type alone.
      if (callers.length === 0 && is.isMethodDeclaration(followed.maker))
        this.unread.push({ path: file.path, line: file.line(code.at) });
      for (const call of callers) {
        const follow = (read, place) =>
          read.maker === followed.maker
            ? { at: call.node.arguments[read.index] ?? read.otherwise, file: call.file }
            : place;
        this.#pairs(follow(readStage, stage), follow(readCode, code), depth + 1);
      }
    }
  }

  /** The calls of `maker` in its own file, and in files that import it where it is exported. */
  #callers({ maker, file }) {
    const calls = this.#calls.get(nameOf(maker)) ?? [];
    const near = isExported(maker, file.tree) ? this.#importers.get(file.path) : undefined;
    return calls.filter((call) => call.file === file || near?.has(call.file.path));
  }

  /** @returns the texts that an argument can be, or the function whose parameter it is; undefined when it cannot be read */
  #read({ at, file }) {
    if (at === undefined) return undefined;
    if (is.isStringLiteral(at) || is.isNoSubstitutionTemplateLiteral(at)) return { texts: [at.text] };
    if (is.isTemplateExpression(at))
      return { texts: [[at.head.text, ...[...at.templateSpans].map(({ literal }) => literal.text)].join("…")] };
    if (is.isConditionalExpression(at)) {
      const both = [at.whenTrue, at.whenFalse].map((one) => this.#read({ at: one, file })?.texts);
      return both.includes(undefined) ? undefined : { texts: both.flat() };
    }
    if (is.isPropertyAccessExpression(at) && at.expression.getText(file.tree) === "this") return field(at, file);
    if (!is.isIdentifier(at)) return undefined;
    const maker = around(at, (outer) => isFunction(outer) && outer.parameters.some((one) => one.name.text === at.text));
    if (maker !== undefined) return parameter(maker, at.text, file);
    const constant = this.#constants.get(file).get(at.text);
    return constant === undefined ? undefined : this.#read({ at: constant, file });
  }
}

/** Whether stage and code are `fault.stage` and `fault.code` of another fault. */
const isReworded = (stage, code) => {
  const [a, b] = [stage, code].map(({ at, file }) => at?.getText(file.tree) ?? "");
  return a.endsWith(".stage") && b === a.replace(/stage$/, "code");
};

function parameter(maker, name, file) {
  const index = [...maker.parameters].findIndex((one) => one.name.text === name);
  return index < 0 ? undefined : { maker, index, otherwise: maker.parameters[index].initializer, file };
}

/** A field that holds a parameter of the constructor: `this._stage = stage`. */
function field(node, file) {
  const maker = around(node, is.isClassDeclaration)?.members.find(is.isConstructorDeclaration);
  const set = new RegExp(`this\\.${node.name.text} = (\\w+);`).exec(maker?.body.getText(file.tree) ?? "");
  return set === null ? undefined : parameter(maker, set[1], file);
}

/** @returns the list as a page */
function page(found) {
  const rows = new Map();
  for (const { stage, code, path } of found) {
    const row = rows.get(code) ?? { stages: new Set(), paths: new Set() };
    rows.set(code, row);
    row.stages.add(stage);
    row.paths.add(path);
  }
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { stages, paths }]) => {
      const files = [...paths].sort().map((path) => `[${path.replace(/^.*\//, "")}](../${path})`);
      return `| \`${code}\` | ${[...stages].sort().join(", ")} | ${files.join(" ")} |`;
    });
  return `# Faults

Every fault has a stage, a code and a sentence. The sentence is for operators and may change; a code is stable, has one
meaning, and belongs to one stage, but for those of HTTP: an answer is read in the same way in an upgrade and in a download. An … stands for what is only known at run time. This list is written by
\`node tools/rules/main.mjs faultCodes --write\`.

| Code | Stage | Made in |
| --- | --- | --- |
${lines.join("\n")}
`;
}

/** @returns the texts of the type Stage; undefined where the sources have none */
function stagesOf(files) {
  const text = files.find(({ path }) => path === stagesPath)?.tree.getText() ?? "";
  const union = /export type Stage =([^;]*);/.exec(text)?.[1];
  return union === undefined ? undefined : [...union.matchAll(/"(\w+)"/g)].map(([, stage]) => stage);
}

export function faultCodes({ files, imports, exceptions, write }) {
  const { found, unread } = new Faults(
    files.filter(({ path }) => sources.test(path)),
    imports,
  );
  const said = new Set();
  const wrong = unread.map((place) => ({
    ...place,
    text: "stage and code of this fault cannot be read; they have to be texts where it is made or where its maker is called",
  }));
  for (const { path, tree, line } of files.filter(({ path }) => sources.test(path)))
    for (const node of tree.statements)
      for (const { propertyName } of (is.isImportDeclaration(node) && node.importClause?.namedBindings?.elements) || [])
        if (propertyName?.text === "Fault")
          wrong.push({ path, line: line(node), text: "Fault is imported under its own name, by which it is found" });
  const stages = stagesOf(files);
  const first = new Map();
  for (const { stage, code, path, line } of found) {
    const place = `${path} ${line} ${stage} ${code}`;
    if (said.has(place)) continue;
    said.add(place);
    const other = first.get(code) ?? { stage, path, line };
    first.set(code, other);
    if (other.stage !== stage && !exceptions.allow("faultCodes", (entry) => entry === code))
      wrong.push({
        path,
        line,
        text: `the code "${code}" has the stage "${stage}" here and "${other.stage}" at ${other.path}:${other.line}; a code belongs to one stage`,
      });
    if (stages?.includes(stage) === false)
      wrong.push({ path, line, text: `the stage "${stage}" is none of those that ${stagesPath} lists` });
    if (!/^[a-z0-9…]+(-[a-z0-9…]+)*$/.test(code))
      wrong.push({ path, line, text: `the code "${code}" is not lower-case words joined by "-"` });
  }
  const wanted = page(found);
  if (found.length === 0 || (existsSync(list) && readFileSync(list, "utf8") === wanted)) return wrong;
  if (write) writeFileSync(list, wanted);
  else
    wrong.push({
      path: list,
      line: 1,
      text: "is not what the sources say: node tools/rules/main.mjs faultCodes --write",
    });
  return wrong;
}
