import { type Door, DoorExtension, doorCommand } from "../../examples/node-modules/door.js";
import { Commands } from "../../src/features/console/commands.js";
import { assert, describe, it } from "../support/harness.js";
import { ServerSide, Stage } from "../support/stage.js";

class TestDoor implements Door {
  open = false;
  buzzed: number[] = [];
  onChange = (): void => {};
  buzz(seconds: number): void {
    this.buzzed.push(seconds);
  }
}

describe("examples/door", () => {
  it("tells its state when attached, when asked and when it changes", () => {
    const door = new TestDoor();
    const extension = new DoorExtension(door);
    const server = new ServerSide(new Stage().timers, "0.2.0");
    door.onChange();
    extension.attached(server);
    door.open = true;
    door.onChange();
    extension.event("state", {});
    extension.detached();
    door.onChange();
    assert.deepEqual(
      server.sent.map(({ payload }) => payload["open"]),
      [false, true, true],
    );
  });

  it("buzzes within its bounds, whatever is asked", () => {
    const door = new TestDoor();
    const extension = new DoorExtension(door);
    for (const payload of [{ seconds: 3 }, { seconds: 1e9 }, { seconds: "3" }, {}, null])
      extension.event("buzz", payload);
    assert.deepEqual(door.buzzed, [3, 1, 1, 1, 1]);
  });

  it("is a command of the console too", () => {
    const door = new TestDoor();
    const table = new Stage().core.install(new Commands([doorCommand(door)]));
    const say = (line: string): string => {
      const printed: string[] = [];
      table.run({ line, columns: 80, print: (text) => printed.push(text), done: () => {} });
      return printed.join("\n");
    };
    assert.equal(say("door"), "The door is closed.");
    assert.equal(say("door buzz 3"), "Buzzing for 3 s.");
    assert.match(say("door buzz 99"), /^error: Say "door"/);
    assert.deepEqual(door.buzzed, [3]);
  });
});
