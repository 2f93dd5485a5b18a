/*
 * Bounds of console, local shell and support scripts, at the limit and one beyond it.
 */

import { type Command, commandDeadlineMs, maxCommandOutputCharacters } from "../../src/command.js";
import { maxScriptRefCharacters } from "../../src/device/device-channel.js";
import { Components } from "../../src/features/components/components.js";
import { Commands } from "../../src/features/console/commands.js";
import { LineEditor, maxCommandLineCharacters, maxHistoryLines } from "../../src/features/console/line-editor.js";
import {
  maxConsoleBacklogCharacters,
  maxConsoleMessageCharacters,
  maxTypeAheadCharacters,
  Terminal,
} from "../../src/features/console/terminal.js";
import { maxScriptCharacters, maxScriptLines, maxScripts, Scripts } from "../../src/features/scripts/scripts.js";
import { assert, describe } from "../support/harness.js";
import { limit } from "../support/limit.js";
import { ServerSide, Stage } from "../support/stage.js";

async function settled(): Promise<void> {
  for (let i = 0; i < 8; i++) await undefined;
}

class Scene {
  readonly stage = new Stage();
  readonly answers: { ref: string; result: string; output: string }[] = [];
  readonly messages: string[] = [];
  /** What the socket takes. */
  blocked = false;
  readonly terminal: Terminal;
  readonly #scripts: Scripts;

  constructor(banner = "banner") {
    const { timers, core } = this.stage;
    const commands: Command[] = [
      { name: "say", help: "", run: ({ args }) => args[0] },
      { name: "print", help: "", run: ({ args }) => "x".repeat(Number(args[0])) },
      { name: "hang", help: "", run: () => new Promise(() => {}) },
      {
        name: "wait",
        help: "",
        run: ({ args }) => new Promise((resolve) => timers.set(() => resolve("waited"), Number(args[0]))),
      },
    ];
    const table = core.install(new Commands(commands));
    this.#scripts = core.install(new Scripts());
    core.push = (_event, payload) => {
      this.answers.push(payload as (typeof this.answers)[number]);
      return "1";
    };
    this.terminal = new Terminal({
      timers,
      commands: table,
      banner,
      prompt: "> ",
      send: (text) => {
        if (!this.blocked) this.messages.push(text);
        return !this.blocked;
      },
    });
  }

  get shown(): string {
    return this.messages.join("");
  }

  script(text: string, ref = "q83vEg"): void {
    this.#scripts.message("scripts/run", { text, ref });
  }

  async scriptAnswer(text: string, waitMs = 0): Promise<{ result: string; output: string }> {
    this.script(text);
    this.stage.timers.advance(waitMs);
    await settled();
    return this.answers[0];
  }
}

/** A script of so many characters that says "end" in its last line. */
const scriptOf = (characters: number): string => `#${"x".repeat(characters - "#\nsay end".length)}\nsay end`;

describe("limits: console and scripts", () => {
  limit("maxCommandLineCharacters", "that many are typed, one more rings the bell", () => {
    const editor = new LineEditor("> ", 80);
    for (let i = 0; i < maxCommandLineCharacters; i++) assert.equal(editor.key("x").echo, "x");
    assert.equal(editor.key("x").echo, "\x07");
    assert.equal(editor.key("\r").line?.length, maxCommandLineCharacters);
  });

  limit("maxHistoryLines", "that many are called back, one more rings the bell", () => {
    const editor = new LineEditor("> ", 80);
    for (let i = 0; i <= maxHistoryLines; i++) for (const key of `line ${i}\r`) editor.key(key);
    const up = () => [..."\x1b[A"].map((key) => editor.key(key).echo).join("");
    for (let i = maxHistoryLines; i > 0; i--) assert.ok(up().endsWith(`line ${i}`));
    assert.equal(up(), "\x07");
  });

  limit("maxTypeAheadCharacters", "that many are held while a command runs, one more is lost", async () => {
    const scene = new Scene();
    scene.terminal.begin();
    scene.terminal.input("wait 100\r");
    const first = "say first\r";
    scene.terminal.input(`${first}${"\r".repeat(maxTypeAheadCharacters - first.length - 6)}say 1\r`);
    scene.terminal.input("say lost\r");
    scene.stage.timers.advance(100);
    await settled();
    assert.ok(scene.shown.includes("\r\nfirst\r\n") && scene.shown.endsWith("> say 1\r\n1\r\n> "));
    const beyond = new Scene();
    beyond.terminal.begin();
    beyond.terminal.input(`wait 100\r${" ".repeat(maxTypeAheadCharacters - 4)}say 1`);
    beyond.stage.timers.advance(100);
    await settled();
    assert.ok(!beyond.shown.endsWith("say 1"));
  });

  limit("maxCommandOutputCharacters", "as much is shown whole, a character more is cut and said", async () => {
    const shown = (characters: number) => {
      const scene = new Scene();
      scene.terminal.begin();
      scene.terminal.input(`print ${characters}\r`);
      return { xs: scene.shown.split("x").length - 1, said: scene.shown.includes("cut off") };
    };
    // The line's end counts.
    const most = maxCommandOutputCharacters - 2;
    assert.deepEqual(shown(most), { xs: most, said: false });
    assert.deepEqual(shown(most + 1), { xs: most, said: true });
    const half = maxCommandOutputCharacters / 2 - 1;
    const whole = await new Scene().scriptAnswer(`print ${half}\nprint ${half}\n`);
    assert.deepEqual([whole.output.length, whole.output.includes("cut off")], [2 * half + 1, false]);
    const cut = await new Scene().scriptAnswer(`print ${half}\nprint ${half + 1}\n`);
    assert.ok(cut.output.endsWith("x… [cut off]") && cut.output.length <= whole.output.length + "… [cut off]".length);
  });

  limit("maxConsoleMessageCharacters", "as much goes in one message, a character more in two", () => {
    const messages = (characters: number) => {
      const scene = new Scene("b".repeat(characters - "\r\n> ".length));
      scene.terminal.begin();
      return scene.messages.map((message) => message.length);
    };
    assert.deepEqual(messages(maxConsoleMessageCharacters), [maxConsoleMessageCharacters]);
    assert.deepEqual(messages(maxConsoleMessageCharacters + 1), [maxConsoleMessageCharacters, 1]);
  });

  limit("maxConsoleBacklogCharacters", "as much waits for the socket, what is one more is dropped and said", () => {
    const shown = (characters: number) => {
      const scene = new Scene("b".repeat(characters - "\r\n> ".length));
      scene.blocked = true;
      scene.terminal.begin();
      scene.blocked = false;
      scene.stage.timers.advance(1000);
      return scene.shown;
    };
    assert.equal(shown(maxConsoleBacklogCharacters).length, maxConsoleBacklogCharacters);
    const beyond = shown(maxConsoleBacklogCharacters + 1);
    assert.equal(beyond, `\r\n[${maxConsoleBacklogCharacters + 1} characters were dropped]\r\n> `);
  });

  limit("commandDeadlineMs", "what ends a moment before is shown, what takes as long is given up", async () => {
    const shown = async (waitMs: number) => {
      const scene = new Scene();
      scene.terminal.begin();
      scene.terminal.input(`wait ${waitMs}\r`);
      scene.stage.timers.advance(waitMs);
      await settled();
      return scene.shown.includes("waited");
    };
    assert.equal(await shown(commandDeadlineMs - 1), true);
    assert.equal(await shown(commandDeadlineMs), false);
    const script = async (waitMs: number) => (await new Scene().scriptAnswer(`wait ${waitMs}`, waitMs)).result;
    assert.equal(await script(commandDeadlineMs - 1), "completed");
    assert.equal(await script(commandDeadlineMs), "error");
    // A script as a whole has as long.
    const lines = async (restMs: number) => {
      const scene = new Scene();
      scene.script(`wait 5000\nwait ${restMs}`);
      scene.stage.timers.advance(5000);
      await settled();
      scene.stage.timers.advance(restMs);
      await settled();
      return scene.answers[0].result;
    };
    assert.equal(await lines(commandDeadlineMs - 5001), "completed");
    assert.equal(await lines(commandDeadlineMs - 5000), "error");
    const action = async (waitMs: number) => {
      const { core, timers } = new Stage();
      const run = () => new Promise((resolve) => timers.set(() => resolve("waited"), waitMs));
      const component = { identifier: "c", actions: [{ identifier: "a", run }] };
      const components = core.install(
        new Components(() => ({ assemblies: [{ identifier: "x", components: [component] }] })),
      );
      const server = new ServerSide(timers, "0.0.1");
      components.attached(server);
      components.event("action:run", { ref: "r", component: "c", action: "a" });
      timers.advance(waitMs);
      await settled();
      timers.advance(5000);
      return server.sent[0].payload["output"];
    };
    assert.equal(await action(commandDeadlineMs - 1), "waited");
    assert.equal(await action(commandDeadlineMs), "timeout");
  });

  limit("maxScriptCharacters", "a script that long runs, a character more is refused in words", async () => {
    const { result, output } = await new Scene().scriptAnswer(scriptOf(maxScriptCharacters));
    assert.deepEqual([result, output], ["completed", "end"]);
    const beyond = await new Scene().scriptAnswer(scriptOf(maxScriptCharacters + 1));
    assert.equal(beyond.output, `This device takes scripts of up to ${maxScriptCharacters} characters.`);
  });

  limit("maxScriptLines", "a script of that many lines runs, one of a line more is refused in words", async () => {
    const { result, output } = await new Scene().scriptAnswer("say x\n".repeat(maxScriptLines));
    assert.deepEqual([result, output.split("\n").length], ["completed", maxScriptLines]);
    const beyond = await new Scene().scriptAnswer("say x\n".repeat(maxScriptLines + 1));
    assert.equal(beyond.output, `This device takes scripts of up to ${maxScriptLines} lines.`);
  });

  limit("maxScripts", "that many run at one time, one more is refused in words", () => {
    const scene = new Scene();
    for (let i = 0; i < maxScripts; i++) scene.script("hang", `ref ${i}`);
    assert.deepEqual(scene.answers, []);
    scene.script("say x", "more");
    assert.match(scene.answers[0].output, /busy with/);
  });

  limit("maxScriptRefCharacters", "a reference that long is answered, a longer one is nobody's", () => {
    for (const [characters, answers] of [
      [maxScriptRefCharacters, 1],
      [maxScriptRefCharacters + 1, 0],
    ]) {
      const scene = new Scene();
      scene.script("say x", "r".repeat(characters));
      assert.equal(scene.answers.length, answers);
    }
  });
});
