/*
 * UsedDevice: a program on XS with a desk hub of its own, with the operator's buttons and waits that a use (uses/) needs. It
 * does not judge results: the use does.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Hub } from "../hub/hub.js";
import type { Operator } from "../hub/operator.js";
import { type ForgetfulPath, forgetfulPath } from "./forgetful-path.js";
import { type ProductRun, startProduct } from "./loader.js";
import { selfSigned } from "./self-signed.js";
import { provision, simulatedImage } from "./simulated-device.js";

const product = "nh-demo";
/** Bound on the run of the whole program; one use takes a few seconds. */
const deadlineSeconds = 60;
/** Bound on one wait, in milliseconds. */
const patienceMs = 20_000;
const pollMs = 20;

export class UsedDevice {
  readonly identifier = "used-device";
  readonly hub: Hub;
  /** What the program printed and the hub saw, in order. */
  readonly lines: string[] = [];
  #run: ProductRun | undefined;
  #path: ForgetfulPath | undefined;
  #ended: string | undefined;

  private constructor(hub: Hub) {
    this.hub = hub;
  }

  /** Makes a flash in `folder`, starts hub and program. @param forgetsMs as of the use */
  static async start(loader: string, productFolder: string, folder: string, forgetsMs?: number): Promise<UsedDevice> {
    const key = `nhp_${randomBytes(32).toString("base64").replace(/=+$/, "")}`;
    const secret = randomBytes(32).toString("base64").replace(/=+$/, "");
    const { der, ...tls } = await selfSigned();
    const hub = new Hub({ product, keys: [{ key, secret }], tls, deltas: "off" });
    const device = new UsedDevice(hub);
    await hub.start();
    hub.onEvent(({ kind, text }) => device.lines.push(`hub: ${kind}: ${text}`));
    const settings: [string, Uint8Array | string][] = [
      // Over TLS, as devices connect: TLS takes most of the stack.
      ["ca", der],
      ["host", "localhost"],
      ["shared-key", key],
      ["shared-secret", secret],
    ];
    if (forgetsMs !== undefined) {
      device.#path = await forgetfulPath(hub.port, forgetsMs);
      settings.push(["heartbeat-ms", "1000"]);
    }
    settings.push(["port", String(device.#path?.port ?? hub.port)]);
    provision(folder, simulatedImage(product, "1.0.0"), new Map(settings));
    const environment = {
      ...process.env,
      NERVESHUB_FLASH: join(folder, "flash.bin"),
      NERVESHUB_IDENTIFIER: device.identifier,
    };
    device.#run = startProduct(loader, productFolder, deadlineSeconds, environment, (line) => device.lines.push(line));
    void device.#run.ended.then((status) => {
      device.#ended = `the program ended with status ${status}`;
    });
    return device;
  }

  get operator(): Operator {
    return this.hub.operator;
  }

  /** Everything that the device's console has shown since it was joined. */
  get shown(): string {
    return this.hub.socket(this.identifier)?.console?.output ?? "";
  }

  /** Waits until the device has joined all its topics. */
  async joined(): Promise<void> {
    await this.until("the device has joined its topics", () => {
      const socket = this.hub.socket(this.identifier);
      return [socket?.deviceChannel, socket?.console, socket?.extensions].every((channel) => channel !== undefined);
    });
  }

  /** @throws Error when the program has ended, or when it takes too long */
  async until(what: string, condition: () => boolean): Promise<void> {
    for (const started = performance.now(); !condition(); ) {
      if (this.#ended !== undefined) throw new Error(`${this.#ended}, waiting until ${what}`);
      if (performance.now() - started > patienceMs) throw new Error(`in vain: waiting until ${what}`);
      await new Promise((resume) => setTimeout(resume, pollMs));
    }
  }

  /** Runs a support script. @returns what the operator sees @throws Error when the program ends meanwhile */
  async script(text: string): Promise<string> {
    let answer: string | undefined;
    let refused: unknown;
    this.operator.script(this.identifier, text).then(
      (output) => {
        answer = output;
      },
      (error) => {
        refused = error;
      },
    );
    await this.until("a script is answered", () => answer !== undefined || refused !== undefined);
    if (answer === undefined) throw refused;
    return answer;
  }

  /** Checks that the program from the start still runs and answers. */
  async stillAnswers(): Promise<void> {
    const output = await this.script("say still here");
    if (output !== "still here") throw new Error(`it answered ${output} at the end`);
    if (this.#ended !== undefined) throw new Error(this.#ended);
  }

  async stop(): Promise<void> {
    this.#run?.stop();
    await this.#run?.ended;
    this.#path?.close();
    await this.hub.stop();
  }
}
