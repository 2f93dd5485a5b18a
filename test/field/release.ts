/*
 * What a release of the agent is to these suites: something that runs on a chip's bytes. today.ts and past-release.ts make
 * it of their own virtual devices, so two releases share the bytes of the flash, the time and the servers, and no code.
 */

import type { PartitionTable } from "../../hosts/flash-model/partition-table.js";
import type { ManualTimers } from "../support/manual-timers.js";
import type { Cut } from "../support/virtual-device.js";
import type { Connection } from "../support/virtual-network.js";

export interface Release {
  readonly name: string;
  /** A device with this release's code in both slots. Nothing runs before `boot`. */
  machine(options: MachineOptions): Machine;
  /** What the release's own store gives for `key`. */
  stored(bytes: Uint8Array, table: PartitionTable, key: string): Uint8Array | undefined;
}

/** What the application does, in words that every release knows. */
export interface Application {
  /** Options of the link. */
  readonly link?: {
    readonly client?: { validate?(): boolean; archiveAvailable?(): "download" | "ignore" };
    readonly archiveWriter?: { begin(): void; write(): void; finish(): void; abort(): void };
    readonly trial?: { readonly deadlineMs: number };
    readonly heartbeat?: { readonly intervalMs: number };
    readonly port?: number;
  };
  /** At every start; default: the link is started. */
  begin?(machine: Machine): void;
  /** The boot loader was built without rollback (which ce69a67's model does not know). */
  readonly withoutRollback?: boolean;
}

export interface MachineOptions {
  /** All of the flash, changed in place. */
  readonly bytes: Uint8Array;
  readonly table: PartitionTable;
  readonly timers: ManualTimers;
  /** By port. */
  readonly servers: Map<number, (connection: Connection) => void>;
  readonly application: Application;
  /** When the power goes, in this machine's own flash operations. */
  readonly cuts: readonly Cut[];
  /** Of the start that is under way. */
  resetReason(): string;
  restarting(): void;
  /** A key of the store is set. */
  storing(key: string): void;
  /** A second after a restart or a power cut: whichever release the boot loader finds is to boot. */
  again(): void;
  /** Around the activation of a slot. */
  activating(): void;
  activated(): void;
}

export interface Machine {
  /** Everything printed. */
  readonly lines: readonly string[];
  /** Flash operations so far. */
  readonly operations: number;
  /** Power cuts that happened. */
  readonly cuts: number;
  /** Boot loader and application. Throws when neither slot can be started: a brick. */
  boot(): void;
  /** Starts the link. */
  start(): void;
  /** An error ends the run: XS's abort hook keeps it, and the device restarts. */
  crash(error: Error): void;
  restart(): void;
}

/** What every release's VirtualDevice has. */
interface VirtualDevice {
  readonly lines: readonly string[];
  readonly operations: number;
  readonly cuts: number;
  readonly host: { readonly device: { restart(): void } } | undefined;
  readonly link: { start(): void } | undefined;
  recordCrash?(error: unknown): boolean;
  begin: (link: never) => void;
  powerOn(): void;
}

/** @param device whose hosts went through `observed` */
export function machineOf(device: VirtualDevice, { application, again }: MachineOptions): Machine {
  const boot = device.powerOn.bind(device);
  device.powerOn = again;
  const restart = (): void => device.host?.device.restart();
  const machine: Machine = {
    get lines() {
      return device.lines;
    },
    get operations() {
      return device.operations;
    },
    get cuts() {
      return device.cuts;
    },
    boot,
    restart,
    start: () => device.link?.start(),
    crash: (error) => {
      device.recordCrash?.(error);
      restart();
    },
  };
  device.begin = () => (application.begin === undefined ? machine.start() : application.begin(machine));
  return machine;
}

interface Observable {
  readonly slots: { activate(): void };
  readonly store: { set(key: string, bytes: Uint8Array): void };
  readonly device: { restart(): void };
}

/** A release's host that says what it does, and why it was started. */
export function observed<Platform extends Observable>(platform: Platform, options: MachineOptions): Platform {
  const { slots, store, device } = platform;
  const activate = slots.activate.bind(slots);
  slots.activate = () => {
    options.activating();
    activate();
    options.activated();
  };
  const set = store.set.bind(store);
  store.set = (key, bytes) => {
    options.storing(key);
    set(key, bytes);
  };
  const restart = (): void => {
    options.restarting();
    device.restart();
  };
  return { ...platform, device: { ...device, resetReason: options.resetReason(), restart } };
}
