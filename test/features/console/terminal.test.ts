import type { Command } from "../../../src/command.js";
import { Commands, words } from "../../../src/features/console/commands.js";
import { ConsoleChannel } from "../../../src/features/console/console-channel.js";
import { LocalShell } from "../../../src/features/local-shell/local-shell.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

const banner = 'p 1.0.0 on stage. "help" lists what it can be told.';

class Scene {
  readonly stage = new Stage();
  readonly messages: string[] = [];
  full = false;
  buffered = 0;
  readonly channel: ConsoleChannel;

  constructor(commands: readonly Command[] = [], evaluate?: (source: string) => unknown) {
    const { core } = this.stage;
    const table = core.install(new Commands(commands));
    table.evaluate = evaluate;
    Object.defineProperty(core, "bufferedBytes", { get: () => this.buffered });
    this.channel = new ConsoleChannel(core);
    this.channel.joined(
      {},
      {
        push: (event, payload) => {
          assert.equal(event, "up");
          const { data } = payload as { data: unknown };
          assert.equal(typeof data, "string");
          if (this.full) return undefined;
          this.messages.push(data as string);
          return "1";
        },
      },
    );
  }

  get output(): string {
    return this.messages.join("");
  }

  /** What appears after typing `text`. */
  type(text: string, waitMs = 0): string {
    const before = this.output.length;
    this.channel.message("dn", { data: text });
    this.stage.timers.advance(waitMs);
    return this.output.slice(before);
  }
}

const echo: Command = { name: "echo", usage: "[text]", help: "Says it again", run: ({ args }) => args.join("|") };

describe("command table", () => {
  it("splits words at blanks and keeps quoted ones together", () => {
    assert.deepEqual(words('  a "b c" \'d "e\'\tf""g "" '), ["a", "b c", 'd "e', "fg", ""]);
  });

  it("refuses a command without a one-word name, at construction", () => {
    for (const name of ["", "two words", 'a"b']) {
      assert.throws(
        () => new Stage().core.install(new Commands([{ ...echo, name }])),
        (error) => error.message.includes("one-word"),
      );
    }
  });
});

describe("console", () => {
  it("greets with banner and prompt, so that the first view is not empty", () => {
    assert.equal(new Scene().output, `${banner}\r\n> `);
  });

  it("runs a line and prompts again", () => {
    assert.equal(new Scene([echo]).type('echo a "b c"\r'), 'echo a "b c"\r\na|b c\r\n> ');
  });

  it("takes code that arrives one character a message, as the management API sends it", () => {
    const scene = new Scene([echo]);
    for (const key of "echo hi\r") scene.channel.message("dn", { data: key });
    assert.ok(scene.output.endsWith("hi\r\n> "));
  });

  it("lists commands with their help, also in a narrow window", () => {
    const scene = new Scene([echo]);
    const all = scene.type("help\r");
    assert.match(all, /help \[command\] {2}What this device can be told\r\n/);
    assert.match(all, /\r\necho \[text\] {5}Says it again\r\n/);
    scene.channel.message("window_size", { height: 24, width: 20 });
    assert.match(scene.type("help\r"), /echo \[text\]\r\n {4}Says it again\r\n/);
    assert.match(scene.type("help echo\r"), /echo \[text\]: Says it again/);
    assert.match(scene.type("help nosuch\r"), /error: "nosuch" is not a command/);
  });

  it("refuses an unknown word in words, and evaluates nothing", () => {
    assert.match(
      new Scene().type("System.halt()\r"),
      /error: "System.halt\(\)" is not a command of this device, and it evaluates no code/,
    );
  });

  it("shows what a command throws, and goes on", () => {
    const scene = new Scene([
      echo,
      {
        name: "fail",
        help: "",
        run: () => {
          throw new Error("no relay");
        },
      },
    ]);
    assert.match(scene.type("fail\recho ok\r"), /error: no relay\r\n> echo ok\r\nok/);
  });

  it("waits for a promise, holds what is typed ahead, and gives up after ten seconds", async () => {
    let finish: (text: string) => void = () => {};
    const slow: Command = {
      name: "slow",
      help: "",
      run: () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    };
    const scene = new Scene([slow, echo]);
    assert.equal(scene.type("slow\recho x\r"), "slow\r\n");
    finish("done");
    for (let i = 0; i < 4; i++) await undefined;
    assert.ok(scene.output.endsWith("done\r\n> echo x\r\nx\r\n> "));
    assert.match(scene.type("slow\r", 10_000), /error: given up after 10 s/);
    assert.equal(scene.stage.timers.count, 0);
  });

  it("Ctrl-C leaves a command that hangs; what it prints later is not shown", () => {
    let print: (line: string) => void = () => {};
    const hang: Command = {
      name: "hang",
      help: "",
      run: (call) => {
        print = call.print;
        return new Promise(() => {});
      },
    };
    const scene = new Scene([hang]);
    assert.equal(scene.type("hang\r"), "hang\r\n");
    assert.equal(scene.type("\x03"), "^C\r\n> ");
    print("too late");
    assert.ok(scene.output.endsWith("^C\r\n> "));
    assert.equal(scene.stage.timers.count, 0);
  });

  it("cuts off output without end, and says so", () => {
    const flood: Command = {
      name: "flood",
      help: "",
      run: ({ print }) => {
        for (let i = 0; i < 100_000; i++) print(`line ${i}`);
      },
    };
    const scene = new Scene([flood]);
    const output = scene.type("flood\r", 5000);
    assert.ok(output.length < 5000 && output.includes("cut off after 4096 characters"));
    assert.ok(scene.messages.every((message) => message.length <= 1024));
  });

  it("waits while the socket is backed up, bounded, and says what it dropped", () => {
    const scene = new Scene([{ name: "big", help: "", run: () => "x".repeat(4000) }]);
    scene.buffered = 5000;
    assert.equal(scene.type("big\rbig\rbig\rbig\r", 10_000), "");
    scene.buffered = 0;
    const before = scene.output.length;
    scene.stage.timers.advance(1000);
    const output = scene.output.slice(before);
    assert.ok(output.length < 9000);
    assert.match(output, /\[\d+ characters were dropped\]/);
    assert.equal(scene.stage.timers.count, 0);
  });

  it("begins anew on restart and after Ctrl-D", () => {
    const scene = new Scene();
    scene.type("abc");
    scene.channel.message("restart", {});
    assert.ok(scene.output.endsWith(`abc${banner}\r\n> `));
    assert.equal(scene.type("\x04"), `\r\n${banner}\r\n> `);
  });

  it("declines files in words, whatever they are called", () => {
    const scene = new Scene();
    scene.type("ab");
    const before = scene.output.length;
    scene.channel.message("file-data/start", { filename: "../../etc/\x1b[31mpass\x07wd", uploaded_by: 1 });
    scene.channel.message("file-data", { filename: "x", chunk: 0, data: "aGVsbG8=" });
    scene.channel.message("file-data/stop", { filename: "x" });
    assert.equal(
      scene.output.slice(before),
      '\r\nThis device takes no files; "\\u001b[31mpass\\u0007wd" was thrown away.\r\n> ab',
    );
    scene.channel.message("file-data/start", {});
  });

  it("survives events and payloads of any shape", () => {
    const scene = new Scene([echo]);
    for (const event of ["dn", "window_size", "restart", "nonsense", "file-data/start"]) {
      for (const payload of [
        null,
        undefined,
        5,
        "x",
        [],
        {},
        { data: 5, width: "x", height: null },
        { width: -1 },
        { width: 1e9 },
      ])
        scene.channel.message(event, payload);
    }
    assert.match(scene.type("echo alive\r"), /alive/);
  });

  it("ends without a timer or a running command", () => {
    const scene = new Scene([{ name: "hang", help: "", run: () => new Promise(() => {}) }]);
    scene.full = true;
    scene.type("hang\r");
    scene.channel.left();
    assert.equal(scene.stage.timers.count, 0);
  });

  it("evaluates what is no command where the application passes an evaluator", async () => {
    const scene = new Scene([echo], (source) =>
      source === "1+1" ? 2 : source === "later" ? Promise.resolve({ a: [1] }) : fail(),
    );
    function fail(): never {
      throw new SyntaxError("unexpected token");
    }
    assert.match(scene.type("1+1\r"), /\r\n2\r\n> $/);
    scene.type("later\r");
    for (let i = 0; i < 6; i++) await undefined;
    assert.ok(scene.output.endsWith('{"a":[1]}\r\n> '), scene.output);
    assert.match(scene.type("what is this\r"), /error: unexpected token/);
    assert.match(scene.type("echo still a command\r"), /still\|a\|command/);
  });
});

describe("local_shell 0.0.1", () => {
  it("is a terminal of the same commands", () => {
    const { core, timers } = new Stage();
    core.install(new Commands([echo]));
    const shell = core.install(new LocalShell());
    const server = new ServerSide(timers, "0.0.1");
    shell.attached(server);
    shell.event("shell_input", { data: "echo early\r" });
    assert.deepEqual(server.sent, []);
    shell.event("request_shell", {});
    shell.event("window_size", { rows: 40, cols: 120 });
    shell.event("shell_input", { data: "echo hi\r" });
    const output = server.sent.map(({ payload }) => payload["data"] ?? "").join("");
    assert.deepEqual(server.sent[0].payload, { status: "started" });
    assert.equal(output, `${banner}\r\n> echo hi\r\nhi\r\n> `);
    shell.event("kill_shell", { signal: 15 });
    assert.equal(server.sent.at(-1)?.event, "shell_exited");
    shell.event("shell_input", { data: "echo late\r" });
    assert.equal(server.sent.at(-1)?.event, "shell_exited");
    shell.detached();
    assert.equal(timers.count, 0);
  });
});
