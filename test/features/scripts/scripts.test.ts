import type { Command } from "../../../src/command.js";
import { Commands } from "../../../src/features/console/commands.js";
import { Scripts } from "../../../src/features/scripts/scripts.js";
import { assert, describe, it } from "../../support/harness.js";
import { LinkScene } from "../../support/link-scene.js";
import { Stage } from "../../support/stage.js";

const echo: Command = { name: "echo", help: "", run: ({ args }) => args.join(" ") };
const nothing: Command = { name: "nothing", help: "", run: () => null };
const hang: Command = { name: "hang", help: "", run: () => new Promise(() => {}) };
const flood: Command = { name: "flood", help: "", run: () => "x".repeat(100_000) };

interface Answer {
  ref: string;
  result: string;
  output: string;
  return: string;
}

class Scene {
  readonly stage = new Stage();
  readonly answers: (Answer & { atMs: number })[] = [];
  full = false;
  readonly #scripts: Scripts;

  constructor() {
    const { core } = this.stage;
    core.install(new Commands([echo, nothing, hang, flood]));
    this.#scripts = core.install(new Scripts());
    core.push = (event, payload) => {
      assert.equal(event, "scripts/run");
      if (this.full) return undefined;
      this.answers.push({ ...(payload as Answer), atMs: this.stage.timers.now });
      return "1";
    };
  }

  run(payload: unknown): void {
    assert.ok(this.#scripts.message("scripts/run", payload));
  }

  answer(text: unknown): Answer & { atMs: number } {
    this.run({ text, ref: "q83vEg" });
    this.stage.timers.advance(20_000);
    assert.equal(this.answers.length, 1);
    return this.answers[0];
  }
}

describe("support scripts", () => {
  it("answers with what the lines printed, by the script's ref", () => {
    const { ref, result, output } = new Scene().answer("# say it\n\necho one\r\n  echo two\n// done\n");
    assert.deepEqual({ ref, result, output }, { ref: "q83vEg", result: "completed", output: "one\ntwo" });
  });

  it("answers connecting code likewise", () => {
    const scene = new Scene();
    scene.run({ text: "echo hi", ref: "connecting_code" });
    assert.deepEqual([scene.answers[0].ref, scene.answers[0].result], ["connecting_code", "completed"]);
  });

  it("ends at the first line that fails, with the reason in the output", () => {
    const { result, output } = new Scene().answer("echo one\nFile.ls!()\necho two");
    assert.equal(result, "error");
    assert.match(output, /^one\nerror: "File.ls!\(\)" is not a command of this device/);
  });

  it("never answers with nil", () => {
    for (const text of ["nothing", "", "echo nil", "nil"]) assert.equal(new Scene().answer(text).return, "");
  });

  it("answers before the server forgets the ref, also when a line hangs", () => {
    const { result, output, atMs } = new Scene().answer("echo one\nhang\necho two");
    assert.equal(result, "error");
    assert.match(output, /^one\nerror: .*given up after 10 s/);
    assert.ok(atMs < 15_000);
  });

  it("answers in time when the send queue was full", () => {
    const scene = new Scene();
    scene.full = true;
    scene.run({ text: "echo late", ref: "a" });
    scene.stage.timers.advance(2000);
    scene.full = false;
    scene.stage.timers.advance(3000);
    assert.equal(scene.answers[0].output, "late");
    assert.equal(scene.stage.timers.count, 0);
  });

  it("are refused in words by a device without the feature", () => {
    const scene = new LinkScene();
    scene.advance(10_000);
    scene.server.socket.send(null, null, "device", "scripts/run", { text: "echo hi", ref: "q83vEg" });
    scene.advance(1000);
    const answer = scene.server.socket.received.find(([, , , event]) => event === "scripts/run");
    const { ref, result, output } = answer![4] as unknown as Answer;
    assert.deepEqual([ref, result], ["q83vEg", "error"]);
    assert.match(output, /runs no scripts/);
  });

  it("refuses what is too long, has too many lines, or is no text", () => {
    for (const text of ["x".repeat(9000), "echo x\n".repeat(200), 5, null, undefined, {}]) {
      const { result, output } = new Scene().answer(text);
      assert.equal(result, "error");
      assert.match(output, /This device takes scripts of up to/);
    }
  });

  it("bounds the output", () => {
    assert.ok(new Scene().answer("flood\nflood\nflood").output.length < 5000);
  });

  it("runs several at once, refuses more in words, and answers each once", () => {
    const scene = new Scene();
    for (let i = 0; i < 10; i++) scene.run({ text: "hang", ref: `ref ${i}` });
    assert.equal(scene.answers.length, 6);
    assert.ok(scene.answers.every(({ output }) => output.includes("busy with 4 other scripts")));
    scene.stage.timers.advance(15_000);
    assert.deepEqual(new Set(scene.answers.map(({ ref }) => ref)).size, 10);
    assert.equal(scene.stage.timers.count, 0);
    scene.run({ text: "echo again", ref: "more" });
    assert.equal(scene.answers.at(-1)?.output, "again");
  });

  it("has nobody to answer without a ref", () => {
    const scene = new Scene();
    for (const payload of [
      null,
      undefined,
      5,
      {},
      { text: "echo x" },
      { text: "echo x", ref: 5 },
      { text: "echo x", ref: "" },
    ])
      scene.run(payload);
    assert.deepEqual(scene.answers, []);
  });
});
