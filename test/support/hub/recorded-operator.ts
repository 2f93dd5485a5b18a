/*
 * What the recorded server's operator did, done to our hub: calls to the management API, keys typed by a web user, and
 * buttons that left no other trace than the frame they caused.
 */

import type { Hub } from "../../../tools/hub/hub.js";
import { isObject, type Json } from "../../../tools/hub/json.js";
import { Refusal } from "../../../tools/hub/operator.js";
import { fixture } from "../harness.js";
import type { Recorded } from "./recording.js";

/** Images by their uuid, as far as they are among the fixtures. */
const releases = new Map([
  ["ea5a8931-c653-b741-5f37-b52d0fe83eaa", "app-1.0.0.bin"],
  ["0efa51ff-27b5-87f0-8962-86b3609837b6", "app-1.1.0.bin"],
]);

type Frame = readonly [Json, Json, string, string, Json];

export class RecordedOperator {
  readonly #hub: Hub;
  /** Calls made ahead of their record, since a call is recorded when it returned. */
  readonly #made = new Map<Recorded, Promise<unknown>>();
  #script = "";

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Makes a recorded call, if it has not been made; gives what it answered, or the Refusal. */
  call(record: Recorded): Promise<unknown> {
    let made = this.#made.get(record);
    if (made === undefined) {
      made = Promise.resolve()
        .then(() => this.#call(record))
        .catch((error: unknown) => error);
      this.#made.set(record, made);
    }
    return made;
  }

  made(record: Recorded): boolean {
    return this.#made.has(record);
  }

  #call(record: Recorded): unknown {
    const [method, path] = (record["request"] as string).split(" ");
    const body = (isObject(record["body"]) ? record["body"] : {}) as { [name: string]: Json };
    const { operator } = this.#hub;
    if (/\/deployments\/\w+$/.test(path)) return this.#deployment(body["deployment"]);
    const [, device = "", action = ""] = /\/devices\/([^/?]+)(\/[^?]*)?/.exec(path) ?? [];
    switch (`${method} ${device === "" ? path.replace(/^.*\/nh-demo/, "").replace(/\?.*/, "") : action}`) {
      case "PUT ":
        return operator.setTags(device, body["tags"] as string[]);
      case "DELETE ":
        return operator.remove(device);
      case "DELETE /penalty":
        return operator.clearPenalty(device);
      case "POST /upgrade":
        return operator.push(device, body["uuid"] as string);
      case "POST /reboot":
        return operator.reboot(device);
      case "POST /reconnect":
        return operator.reconnect(device);
      case "POST /code":
        return operator.consoleType(device, body["body"] as string);
      case "POST /scripts":
        this.#script = body["text"] as string;
        return undefined;
      case "POST /scripts/1":
        return operator.script(device, this.#script);
      case "POST /deployments":
      case "GET /network_identities":
        return undefined;
      default:
        throw new Error(`the replay does not know ${method} ${path}`);
    }
  }

  /** A group is switched on or off, or has a new release: at a desk, an image that is dropped into the folder. */
  #deployment(change: Json | undefined): void {
    const { is_active: active, firmware } = isObject(change) ? change : {};
    if (typeof active === "boolean") this.#hub.orchestrator.active = active;
    const image = releases.get(String(firmware));
    if (image !== undefined) this.#hub.addImage(fixture(`transcripts/fixtures/${image}`), image);
  }

  /** A frame of a web user's own channel, which ends up at the device. */
  userSent(text: string): void {
    const [, , topic, event, payload] = JSON.parse(text) as Frame;
    if (event.startsWith("phx_")) return;
    const device = topic.replace(/^user:\w+:identifier-/, "");
    if (topic.startsWith("user:console:")) {
      const by = event.startsWith("file-data/") && isObject(payload) ? { ...payload, uploaded_by: 1 } : payload;
      this.#hub.operator.consoleEvent(device, event, by);
    } else {
      const shellEvent = event === "input" ? "local_shell:shell_input" : `local_shell:${event}`;
      this.#hub.operator.extension(device, shellEvent, payload);
    }
  }

  /** A push that nothing recorded explains: the button that must have been pressed. */
  pressedFor(device: string, frame: readonly Json[]): boolean {
    const [, , topic, event, payload] = frame as Frame;
    const name = isObject(payload) && Array.isArray(payload["extensions"]) ? String(payload["extensions"][0]) : "";
    try {
      if (topic === "device" && event === "identify") this.#hub.operator.identify(device);
      else if (topic === "extensions" && (event === "attach" || event === "detach")) {
        this.#hub.operator.switchExtension(device, name, event === "attach");
      } else if (topic === "extensions" && event === "health:check") {
        this.#hub.operator.extension(device, event, payload);
      } else return false;
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }
}
