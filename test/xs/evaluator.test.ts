import { compartmentEvaluator } from "../../hosts/evaluator/evaluator.js";
import { CommandTable } from "../../src/console/command-table.js";
import { Log } from "../../src/log.js";
import { Redactor } from "../../src/redact.js";
import { ManualTimers } from "../hosts/shared/manual-timers.js";
import { assert, describe, it } from "./harness.js";

describe("JavaScript prompt", () => {
  const relay = { on: false };
  const evaluate = compartmentEvaluator({ relay });

  it("evaluates with what it was handed", () => {
    assert.equal(evaluate("1 + 1"), 2);
    evaluate("relay.on = true");
    assert.equal(relay.on, true);
  });

  it("reaches nothing of the machine", () => {
    for (const name of ["trace", "native", "Native", "abort", "relayed"])
      assert.equal(evaluate(`typeof globalThis.${name}`), "undefined", name);
  });

  it("cannot change the language for the rest of the device", () => {
    assert.throws(
      () => evaluate("Array.prototype.push = null"),
      (error) => error instanceof TypeError || error.name === "TypeError",
    );
    assert.equal(typeof Array.prototype.push, "function");
  });

  it("a syntax error is an answer on the console, and not the end of the device", () => {
    const printed: string[] = [];
    const log = new Log(() => {}, new Redactor([]), "debug", "t");
    const ended = new CommandTable(new ManualTimers(), log, [], evaluate).run({
      line: "what is this",
      columns: 80,
      print: (line) => printed.push(line),
      done: () => {},
    });
    assert.equal(ended, "failed");
    assert.match(printed[0], /^error: /);
  });
});
