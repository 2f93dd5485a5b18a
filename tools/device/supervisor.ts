/*
 * The reset line of a simulated device: starts the agent's process, and starts it again when it asks for a restart.
 * Everything else about its end is the caller's to judge.
 */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Exit status by which the agent's process asks to be started again. EX_TEMPFAIL of sysexits.h. */
export const restartStatus = 75;

/** What the agent's process tells the one that started it. */
export type DeviceEvent =
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "started"; readonly version: string; readonly trial: boolean }
  | { readonly type: "connected" }
  | { readonly type: "offered"; readonly version: string; readonly size: number | undefined }
  | { readonly type: "progress"; readonly percent: number }
  | { readonly type: "error"; readonly code: string; readonly message: string }
  | { readonly type: "restarting" };

export interface SupervisorOptions {
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Gets what the device tells; without it the device writes to this process's output. */
  onEvent?(event: DeviceEvent): void;
  /** The process has ended for good. */
  onExit(status: number): void;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  #args: string[] = [];
  #child: ChildProcess | undefined;
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** @param args command line of the device, as tools/device/options.ts reads it */
  start(args: string[]): void {
    this.#args = args;
    this.#reset("power_on");
  }

  /** @param reason what the device will be told about why it starts */
  #reset(reason: string): void {
    const { env, onEvent, onExit } = this.#options;
    const program = fileURLToPath(new URL("./agent.js", import.meta.url));
    const child = fork(program, this.#args, {
      env: { ...process.env, ...env, RESET_REASON: reason },
      stdio: onEvent ? ["ignore", "ignore", "inherit", "ipc"] : ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    if (onEvent) child.on("message", (event) => onEvent(event as DeviceEvent));
    child.on("exit", (status) => {
      this.#child = undefined;
      if (this.#stopped) return;
      if (status === restartStatus) this.#reset("software");
      else onExit(status ?? 1);
    });
  }

  /** Cuts the power: the process ends where it is, and starts again. */
  cutPower(): void {
    const child = this.#child;
    if (child === undefined) return;
    child.removeAllListeners("exit");
    child.on("exit", () => {
      if (!this.#stopped) this.#reset("power_on");
    });
    child.kill("SIGKILL");
  }

  /** Ends it for good; without `onExit`. @returns when its process has ended */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    await ended;
  }
}
