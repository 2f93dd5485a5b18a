/*
 * Rule: no jump leaves a `switch` otherwise than by its own `break`, `return` or `throw`: no `continue` of a loop around it,
 * no `break` with the label of something around it, the switch itself included.
 *
 * XS keeps the value of a switch on its stack and removes it behind the switch (xs/sources/xsCode.c, fxSwitchNodeCode). Such a
 * jump skips the removal (fxBreakContinueNodeCode), and each jump loses a slot of the stack until the function returns. On SDK
 * 8.2.3 with 1,024 slots and 100,000 turns, each of these ended in a stack overflow, which restarts a device:
 *
 *   - `continue` in a switch in for, for-of, for-in, while, do; with the loop's label; of an outer loop by its label
 *   - the same from a nested switch, block, `try` in the switch, and with the switch in a `try` in the loop; in a generator
 *   - `break label` of a loop, a block or the switch itself
 *
 * These did not: `break`, `return` and `throw` in a switch; `continue` of a loop that is inside the switch; `continue` and
 * `break label` where no switch lies between, out of for-of, `try`, `catch` and `finally` too.
 */

import * as is from "typescript/unstable/ast/is";

/** Files that run on XS, the portable suites included. */
const onXs = /^([^/]*|(src|features|modules|hosts|examples|test|bench\/xs)\/.*)$/;
const onNode = /\.node\.test\.ts$|^hosts\/node\//;

const isLoop = (node) =>
  is.isForStatement(node) ||
  is.isForOfStatement(node) ||
  is.isForInStatement(node) ||
  is.isWhileStatement(node) ||
  is.isDoStatement(node);

/** Whether the jump `node` leaves a switch. Its target is always inside its function. */
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

export function jumpsThatLeaveASwitch({ files }) {
  const found = [];
  for (const { path, tree, line } of files) {
    if (!onXs.test(path) || onNode.test(path)) continue;
    const visit = (node) => {
      if ((is.isContinueStatement(node) || is.isBreakStatement(node)) && leavesSwitch(node))
        found.push({
          path,
          line: line(node),
          text: "this jump leaves a switch, and XS loses a stack slot each time; put the switch into a function",
        });
      node.forEachChild(visit);
    };
    tree.forEachChild(visit);
  }
  return found;
}
