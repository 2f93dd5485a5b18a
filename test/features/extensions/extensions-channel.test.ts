import type { Pusher } from "../../../src/connection/channel-handler.js";
import type { Attachment, Extension } from "../../../src/features/extensions/extension.js";
import { Extensions } from "../../../src/features/extensions/extensions.js";
import { ExtensionsChannel } from "../../../src/features/extensions/extensions-channel.js";
import { assert, describe, it } from "../../support/harness.js";
import { Stage } from "../../support/stage.js";

class Probe implements Extension {
  readonly key: string;
  readonly versions = ["0.2.0", "0.0.1"];
  readonly calls: string[] = [];
  attachment: Attachment | undefined;
  throwsIn = "";
  isReady = true;

  constructor(key: string) {
    this.key = key;
  }

  ready(): boolean {
    return this.isReady;
  }

  attached(attachment: Attachment): void {
    this.#note(`attached ${attachment.version}`);
    this.attachment = attachment;
  }

  event(event: string, payload: unknown): void {
    this.#note(`${event} ${JSON.stringify(payload)}`);
  }

  detached(): void {
    this.#note("detached");
  }

  #note(what: string): void {
    this.calls.push(what);
    if (this.throwsIn !== "" && what.startsWith(this.throwsIn)) throw new Error("broken");
  }
}

class Scene {
  readonly stage = new Stage();
  readonly a = new Probe("a");
  readonly b = new Probe("b");
  readonly extensions = this.stage.core.install(new Extensions([this.a, this.b]));
  readonly pushed: string[] = [];
  joins = 0;
  buffered = 0;
  channel = this.connect();
  #ref = 10;
  readonly pusher: Pusher = {
    push: (event) => {
      this.pushed.push(event);
      return String(++this.#ref);
    },
  };

  connect(): ExtensionsChannel {
    const { log, timers } = this.stage;
    const scene = this;
    const connection = {
      join: () => {
        this.joins++;
      },
      get bufferedBytes() {
        return scene.buffered;
      },
    };
    this.channel = new ExtensionsChannel(this.extensions, log, timers, connection);
    return this.channel;
  }

  /** Everything up to the attach list. */
  attach(granted: unknown = ["a", "b"], offered: unknown = { extensions: { a: ["0.2.0"], b: ["0.0.1"] } }): void {
    this.channel.deviceJoined();
    this.channel.asked(offered);
    this.channel.joinPayload();
    this.channel.joined(granted, this.pusher);
  }

  get lastRef(): string {
    return String(this.#ref);
  }
}

describe("extensions channel", () => {
  it("joins when asked, with one version a key", () => {
    const { channel } = new Scene();
    const scene = new Scene();
    scene.channel.deviceJoined();
    scene.channel.asked({ extensions: { a: ["0.2.0", "0.0.1"], b: ["9.9.9"] } });
    assert.equal(scene.joins, 1);
    assert.deepEqual(scene.channel.joinPayload(), { a: "0.2.0" });
    assert.deepEqual(channel.joinPayload(), { a: "0.0.1", b: "0.0.1" });
  });

  it("joins five seconds after the device topic when nobody asks, and not before", () => {
    const scene = new Scene();
    scene.channel.deviceJoined();
    scene.stage.timers.advance(4999);
    assert.equal(scene.joins, 0);
    scene.stage.timers.advance(1);
    assert.equal(scene.joins, 1);
    assert.equal(scene.stage.timers.count, 0);
  });

  it("does not join after the connection has gone", () => {
    const scene = new Scene();
    scene.channel.deviceJoined();
    scene.channel.deviceLeft();
    scene.stage.timers.advance(60_000);
    assert.equal(scene.joins, 0);
  });

  it("does not join for nothing", () => {
    const scene = new Scene();
    scene.channel.asked({ extensions: {} });
    assert.equal(scene.joins, 0);
  });

  it("says attached before the extension may send", () => {
    const scene = new Scene();
    scene.attach();
    assert.deepEqual(scene.pushed, ["a:attached", "b:attached"]);
    assert.deepEqual(scene.a.calls, ["attached 0.2.0"]);
    assert.deepEqual(scene.b.calls, ["attached 0.0.1"]);
    assert.ok(scene.a.attachment?.send("hello", {}));
    assert.equal(scene.pushed.at(-1), "a:hello");
  });

  it("keeps quiet about what was left out, but for one line in the log", () => {
    const scene = new Scene();
    scene.attach(["a"]);
    assert.deepEqual(scene.pushed, ["a:attached"]);
    scene.channel.left();
    scene.connect();
    scene.attach(["a"]);
    assert.equal(scene.stage.printed.filter((line) => line.includes('"b"')).length, 1);
  });

  it("takes an attach list that is no list for an empty one", () => {
    for (const granted of [null, {}, "a", [1, null, "nosuch"]]) {
      const scene = new Scene();
      scene.attach(granted);
      assert.deepEqual(scene.pushed, []);
    }
  });

  it("passes an event on to its extension alone", () => {
    const scene = new Scene();
    scene.attach();
    scene.channel.message("a:location:request", { x: 1 });
    assert.deepEqual(scene.a.calls, ["attached 0.2.0", 'location:request {"x":1}']);
    assert.deepEqual(scene.b.calls, ["attached 0.0.1"]);
  });

  it("ignores events of unknown and of detached extensions, and events without a colon", () => {
    const scene = new Scene();
    scene.attach(["a"]);
    for (const event of ["nosuch:check", "b:check", "nocolon", ":", "", "a"]) scene.channel.message(event, null);
    assert.deepEqual(scene.a.calls, ["attached 0.2.0"]);
    assert.deepEqual(scene.b.calls, []);
  });

  it("detaches and attaches on request, and says so", () => {
    const scene = new Scene();
    scene.attach();
    const { attachment } = scene.a;
    scene.channel.message("detach", { extensions: ["a"] });
    assert.equal(scene.pushed.at(-1), "a:detached");
    assert.equal(attachment?.send("late", {}), false);
    scene.channel.message("a:check", {});
    scene.channel.message("attach", { extensions: ["a"] });
    assert.equal(scene.pushed.at(-1), "a:attached");
    assert.deepEqual(scene.a.calls, ["attached 0.2.0", "detached", "attached 0.2.0"]);
    assert.equal(attachment?.send("of the old attachment", {}), false);
    assert.ok(scene.a.attachment?.send("of the new one", {}));
  });

  it("stops an extension whose message was refused, found by the ref", () => {
    const scene = new Scene();
    scene.attach();
    scene.b.attachment?.send("hello", {});
    scene.channel.reply(scene.lastRef, "error", "detach");
    assert.deepEqual(scene.b.calls, ["attached 0.0.1", "detached"]);
    assert.deepEqual(scene.a.calls, ["attached 0.2.0"]);
    assert.equal(scene.b.attachment?.send("again", {}), false);
  });

  it("stops it by the refusal of its last message, when several were on the way", () => {
    const scene = new Scene();
    scene.attach();
    scene.b.attachment?.send("one", {});
    const first = scene.lastRef;
    scene.b.attachment?.send("two", {});
    scene.channel.reply(first, "error", "detach");
    scene.channel.reply(scene.lastRef, "error", "detach");
    assert.deepEqual(scene.b.calls, ["attached 0.0.1", "detached"]);
  });

  it("takes no other reply for a refusal", () => {
    const scene = new Scene();
    scene.attach();
    scene.channel.reply(scene.lastRef, "ok", "detach");
    scene.channel.reply(scene.lastRef, "error", "something");
    scene.channel.reply("99", "error", "detach");
    assert.deepEqual(scene.b.calls, ["attached 0.0.1"]);
  });

  it("contains an extension that throws when attached: the server hears of it, the others live", () => {
    const scene = new Scene();
    scene.a.throwsIn = "attached";
    scene.attach();
    assert.deepEqual(scene.pushed, ["a:attached", "a:error", "b:attached"]);
    assert.deepEqual(scene.a.calls, ["attached 0.2.0", "detached"]);
    assert.ok(scene.b.attachment?.send("hello", {}));
  });

  it("contains an extension that throws at an event or at its end", () => {
    const scene = new Scene();
    scene.attach();
    scene.a.throwsIn = "check";
    scene.channel.message("a:check", {});
    assert.ok(scene.a.attachment?.send("still here", {}));
    scene.a.throwsIn = "detached";
    scene.channel.left();
    assert.deepEqual(scene.b.calls.at(-1), "detached");
    assert.equal(scene.stage.printed.filter((line) => line.includes("broken")).length, 2);
  });

  it("sends nothing while the socket is backed up", () => {
    const scene = new Scene();
    scene.attach();
    scene.buffered = 5000;
    assert.equal(scene.a.attachment?.send("hello", {}), false);
    scene.buffered = 100;
    assert.ok(scene.a.attachment?.send("hello", {}));
  });

  it("attaches an extension that was not ready as soon as it is", () => {
    const scene = new Scene();
    scene.a.isReady = false;
    scene.attach();
    assert.deepEqual(scene.pushed, ["b:attached"]);
    scene.stage.timers.advance(20_000);
    assert.deepEqual(scene.pushed, ["b:attached"]);
    scene.a.isReady = true;
    scene.stage.timers.advance(5000);
    assert.deepEqual(scene.pushed, ["b:attached", "a:attached"]);
    assert.equal(scene.stage.timers.count, 0);
  });

  it("attaches again on the next connection, and nothing of the old one sends", () => {
    const scene = new Scene();
    scene.attach();
    const old = scene.a.attachment;
    scene.channel.left();
    assert.equal(old?.send("late", {}), false);
    scene.connect();
    scene.attach();
    assert.deepEqual(scene.a.calls, ["attached 0.2.0", "detached", "attached 0.2.0"]);
    assert.equal(old?.send("later", {}), false);
  });

  it("keeps no timer after the end", () => {
    const scene = new Scene();
    scene.a.isReady = false;
    scene.attach();
    scene.channel.deviceLeft();
    scene.channel.left();
    assert.equal(scene.stage.timers.count, 0);
  });

  it("refuses two extensions of one key, bad keys and missing versions at construction", () => {
    const wrong = (extensions: Extension[]): void =>
      assert.throws(
        () => new Stage().core.install(new Extensions(extensions)),
        (error) => error.message.startsWith('Extension "'),
      );
    wrong([new Probe("a"), new Probe("a")]);
    wrong([new Probe("A b")]);
    wrong([Object.assign(new Probe("c"), { versions: [] })]);
  });
});
