/*
 * Commands that end at once, many in a row. On XS a call in a call for each of them overflows the stack, which nothing
 * can catch and which restarts the device: eight lines of a support script were enough.
 */

import type { Command } from "../../../src/command.js";
import { Commands, type Evaluate } from "../../../src/features/console/commands.js";
import { ConsoleChannel } from "../../../src/features/console/console-channel.js";
import { maxCommandLineCharacters } from "../../../src/features/console/line-editor.js";
import { maxTypeAheadCharacters } from "../../../src/features/console/terminal.js";
import { LocalShell } from "../../../src/features/local-shell/local-shell.js";
import { maxScriptLines, maxScripts, Scripts } from "../../../src/features/scripts/scripts.js";
import { assert, describe, it, stackInUse } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

/** Enough for promises that wait for promises. */
async function settled(): Promise<void> {
  for (let i = 0; i < 8; i++) await undefined;
}

class Scene {
  readonly stage = new Stage();
  /** How deep the stack was at each "at" that ran. */
  readonly depths: number[] = [];
  readonly answers: { ref: string; result: string; output: string }[] = [];
  shown = "";
  /** What "drop" does. */
  drop: () => void = () => {};
  readonly #finish: (() => void)[] = [];
  readonly table: Commands;
  readonly #scripts: Scripts;

  constructor(evaluate?: Evaluate) {
    const commands: Command[] = [
      {
        name: "at",
        help: "",
        run: () => {
          this.depths.push(stackInUse());
        },
      },
      { name: "slow", help: "", run: () => new Promise<void>((resolve) => this.#finish.push(resolve)) },
      {
        name: "bad",
        help: "",
        run: () => {
          this.depths.push(stackInUse());
          throw new Error("no");
        },
      },
      { name: "drop", help: "", run: () => this.drop() },
      {
        name: "leave",
        help: "",
        run: () => {
          this.drop();
          return new Promise(() => {});
        },
      },
    ];
    const { core } = this.stage;
    this.table = core.install(new Commands(commands));
    this.table.evaluate = evaluate;
    this.#scripts = core.install(new Scripts());
    core.push = (_event, payload) => {
      this.answers.push(payload as (typeof this.answers)[number]);
      return "1";
    };
  }

  script(text: string, ref = "q83vEg"): void {
    this.#scripts.message("scripts/run", { text, ref });
  }

  console(): ConsoleChannel {
    const channel = new ConsoleChannel(this.stage.core);
    channel.joined(
      {},
      {
        push: (_event, payload) => {
          this.shown += (payload as { data: string }).data;
          return "1";
        },
      },
    );
    return channel;
  }

  /** The "slow" that runs is done. */
  async finishSlow(): Promise<void> {
    this.#finish.pop()?.();
    await settled();
  }

  /** The last of `count` was as deep as the first. @param entries ways that lead to them, each with a depth of its own */
  level(count: number, entries = 1): void {
    assert.equal(this.depths.length, count);
    assert.equal(new Set(this.depths).size, entries, `depths ${this.depths.slice(0, 12).join(" ")} …`);
  }
}

describe("recursion through the command table: commands that end at once loop", () => {
  for (const count of [8, maxScriptLines]) {
    it(`a script of ${count} lines is as deep in its last line as in its first`, () => {
      const scene = new Scene();
      scene.script("at\n".repeat(count));
      scene.level(count);
      assert.equal(scene.answers[0].result, "completed");
    });
  }

  it(`refuses a script of ${maxScriptLines + 1} lines in words, and runs none of them`, () => {
    const scene = new Scene();
    scene.script("at\n".repeat(maxScriptLines + 1));
    assert.deepEqual([scene.answers[0].result, scene.depths.length], ["error", 0]);
  });

  it(`${maxScripts} scripts at once, each with ${maxScriptLines} lines`, async () => {
    const scene = new Scene();
    const text = `slow\n${"at\n".repeat(maxScriptLines - 1)}`;
    for (let i = 0; i < maxScripts; i++) scene.script(text, `ref ${i}`);
    for (let i = 0; i < maxScripts; i++) await scene.finishSlow();
    scene.level(maxScripts * (maxScriptLines - 1));
    assert.ok(scene.answers.every(({ result }) => result === "completed"));
    assert.equal(scene.answers.length, maxScripts);
  });

  it("a script whose lines take longer and end at once by turns", async () => {
    const scene = new Scene();
    scene.script("slow\nat\nat\n".repeat(33));
    for (let i = 0; i < 33; i++) await scene.finishSlow();
    scene.level(66);
    assert.equal(scene.answers[0].result, "completed");
    assert.equal(scene.stage.timers.count, 0);
  });

  it("a script that fails at once in its last line", () => {
    const scene = new Scene();
    scene.script(`${"at\n".repeat(maxScriptLines - 1)}bad`);
    assert.deepEqual(scene.answers[0], { ref: "q83vEg", result: "error", output: "error: no", return: "" });
  });

  it("lines that are evaluated end at once likewise", () => {
    const depths: number[] = [];
    const scene = new Scene(() => depths.push(stackInUse()));
    scene.script("anything()\n".repeat(maxScriptLines));
    assert.deepEqual([depths.length, new Set(depths).size], [maxScriptLines, 1]);
  });

  it("nine lines typed ahead", async () => {
    const scene = new Scene();
    const channel = scene.console();
    channel.message("dn", { data: `slow\r${"at\r".repeat(9)}` });
    await scene.finishSlow();
    scene.level(9);
    assert.ok(scene.shown.endsWith("> at\r\n> "));
  });

  it(`${maxTypeAheadCharacters} characters typed ahead, one command or blank line after the other`, async () => {
    const scene = new Scene();
    const channel = scene.console();
    for (const line of ["at\r", "\r", "bad\r", "at\n"]) {
      channel.message("dn", { data: "slow\r" });
      channel.message("dn", { data: line.repeat(maxTypeAheadCharacters) });
      await scene.finishSlow();
    }
    // The prompt that is shown at the end is that of a line cut off.
    scene.level(2 * Math.floor(maxTypeAheadCharacters / 3) + maxTypeAheadCharacters / 4);
    assert.equal(scene.stage.timers.count, 0);
  });

  it("typed ahead: one that takes longer, many that end at once, by turns", async () => {
    const scene = new Scene();
    const channel = scene.console();
    channel.message("dn", { data: "slow\rat\rat\rat\r".repeat(60) });
    for (let i = 0; i < 60; i++) await scene.finishSlow();
    scene.level(180);
  });

  it("pasted text of a thousand lines", () => {
    const scene = new Scene();
    scene.console().message("dn", { data: "at\r\n".repeat(1000) });
    scene.level(1000);
  });

  it("Ctrl-C and Ctrl-D typed ahead end what was typed before them, and nothing grows", async () => {
    const scene = new Scene();
    const channel = scene.console();
    for (let i = 0; i < 50; i++) {
      channel.message("dn", { data: "slow\r" });
      channel.message("dn", { data: `at\r\x04${"at\r".repeat(20)}` });
      await scene.finishSlow();
      channel.message("dn", { data: `slow\rat\r\x03${"at\r".repeat(2)}` });
    }
    scene.level(50 * 3, 2);
    assert.ok(scene.shown.endsWith("at\r\n> "));
  });

  it("the local shell likewise", async () => {
    const scene = new Scene();
    const { timers, core } = scene.stage;
    const shell = core.install(new LocalShell());
    shell.attached(new ServerSide(timers, "0.0.1"));
    shell.event("request_shell", {});
    shell.event("shell_input", { data: `slow\r${"at\r".repeat(200)}` });
    await scene.finishSlow();
    scene.level(200);
  });

  it("a command that drops the connection it was typed on leaves no timer and runs nothing typed behind it", async () => {
    for (const name of ["drop", "leave"]) {
      const scene = new Scene();
      const channel = scene.console();
      scene.drop = () => channel.left();
      channel.message("dn", { data: `${name}\rat\rat\r` });
      channel.message("dn", { data: "at\r" });
      assert.deepEqual([scene.depths.length, scene.stage.timers.count], [0, 0]);
      assert.ok(scene.shown.endsWith(`${name}\r\n`) || scene.shown.endsWith("> "));
    }
  });

  it("the table tells the end of a command that ends at once itself, and calls nobody back", () => {
    const { table } = new Scene();
    let calls = 0;
    const run = (line: string) => table.run({ line, columns: 80, print: () => {}, done: () => calls++ });
    assert.deepEqual(
      [run("at"), run("bad"), run(`x${"y".repeat(maxCommandLineCharacters)}`)],
      ["done", "failed", "failed"],
    );
    assert.equal(typeof run("slow"), "function");
    assert.equal(calls, 0);
  });
});
