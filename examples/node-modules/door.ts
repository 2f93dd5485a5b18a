/*
 * What an application adds to the agent: an extension of its own, and a command for console and support scripts. Here for
 * a door with a contact and a buzzer. A server with an extension "door" asks `door:state` and hears `door:changed`.
 */

import type { Command } from "nerveshub/features/console";
import type { Attachment, Extension } from "nerveshub/features/extensions";

/** The hardware, as the application knows it. */
export interface Door {
  readonly open: boolean;
  buzz(seconds: number): void;
  onChange: () => void;
}

export class DoorExtension implements Extension {
  readonly key = "door";
  readonly versions = ["0.2.0", "0.1.0"];
  /** Of `door:buzz {"seconds": 3}`. */
  readonly names = ["seconds"];
  readonly #door: Door;
  #attachment: Attachment | undefined;

  constructor(door: Door) {
    this.#door = door;
    door.onChange = () => this.#tell();
  }

  attached(attachment: Attachment): void {
    this.#attachment = attachment;
    this.#tell();
  }

  event(event: string, payload: unknown): void {
    if (event === "state") this.#tell();
    else if (event === "buzz") {
      const { seconds } = (payload ?? {}) as { seconds?: unknown };
      this.#door.buzz(typeof seconds === "number" && seconds > 0 && seconds <= 10 ? seconds : 1);
    }
  }

  detached(): void {
    this.#attachment = undefined;
  }

  /** What cannot be sent now is the state of later: `attached` tells it again. */
  #tell(): void {
    this.#attachment?.send("changed", { open: this.#door.open });
  }
}

export function doorCommand(door: Door): Command {
  return {
    name: "door",
    usage: "[buzz [seconds]]",
    help: "Is it open? Or let somebody in",
    run: ({ args: [what, seconds = "1"] }) => {
      if (what === undefined) return door.open ? "The door is open." : "The door is closed.";
      if (what !== "buzz" || !/^([1-9]|10)$/.test(seconds))
        throw new Error('Say "door" or "door buzz 3", 1 to 10 seconds.');
      door.buzz(Number(seconds));
      return `Buzzing for ${seconds} s.`;
    },
  };
}
