/*
 * Finds jumps that leave a `switch` otherwise than by its own `break`, `return` or `throw`: a `continue` of a loop around it,
 * or a `break` with the label of something around it, the switch itself included.
 *
 * XS keeps the value of a switch on its stack and takes it off behind the switch (xs/sources/xsCode.c, fxSwitchNodeCode);
 * such a jump goes past that (fxBreakContinueNodeCode). Each loses a slot of the stack until the function returns. Run on
 * SDK 8.2.3 with 1,024 slots and 100,000 turns, each of these ends in a stack overflow, which restarts a device:
 *
 *   - `continue` in a switch in for, for-of, for-in, while, do; with the loop's label; of an outer loop by its label
 *   - the same from a nested switch, block, `try` in the switch, and with the switch in a `try` in the loop; in a generator
 *   - `break label` of a loop, a block or the switch itself
 *
 * And these do not: `break`, `return` and `throw` in a switch; `continue` of a loop that is inside the switch; `continue` and
 * `break label` where no switch lies between, out of for-of, `try`, `catch` and `finally` too.
 */

import * as is from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/sync";

const isLoop = (node) =>
  is.isForStatement(node) ||
  is.isForOfStatement(node) ||
  is.isForInStatement(node) ||
  is.isWhileStatement(node) ||
  is.isDoStatement(node);

/** Whether the jump `node` leaves a switch. Outside of its function it can have no target. */
function leavesSwitch(node) {
  const label = node.label?.text;
  let left = false;
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    if (label !== undefined) {
      if (is.isLabeledStatement(outer) && outer.label.text === label) return left;
    } else if (isLoop(outer) || (is.isBreakStatement(node) && is.isSwitchStatement(outer))) return left;
    left ||= is.isSwitchStatement(outer);
  }
  return false;
}

/**
 * @param paths absolute, of TypeScript or JavaScript
 * @returns the jumps, each with `path` and `line`, counted from 1
 */
export function jumpsThatLeaveASwitch(paths) {
  const config = "/rules/tsconfig.json";
  const compilerOptions = { allowJs: true, noLib: true, noResolve: true, types: [] };
  const text = JSON.stringify({ compilerOptions, files: paths });
  const ours = (name) => name === config;
  const api = new API({
    fs: {
      readFile: (name) => (ours(name) ? text : undefined),
      fileExists: (name) => (ours(name) ? true : undefined),
    },
  });
  try {
    const { program } = api.updateSnapshot({ openProject: config }).getProject(config);
    const found = [];
    for (const path of paths) {
      const source = program.getSourceFile(path);
      const visit = (node) => {
        if ((is.isContinueStatement(node) || is.isBreakStatement(node)) && leavesSwitch(node))
          found.push({ path, line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1 });
        node.forEachChild(visit);
      };
      source.forEachChild(visit);
    }
    return found;
  } finally {
    api.close();
  }
}
