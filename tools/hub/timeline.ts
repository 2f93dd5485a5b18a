/*
 * What happened, in order: one entry for each thing a device did or was told, kept in memory and printable for people.
 * It never holds secrets or signed URLs: whoever adds an entry leaves them out.
 */

import type { Json } from "./json.js";
import type { HubClock } from "./system-time.js";

export interface TimelineEntry {
  /** Counts up over the whole hub; ask for "since n" with it. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Identifier, or undefined for the hub itself and for refused strangers. */
  readonly device: string | undefined;
  /** Stable word for programs: "refused", "joined", "status", "offered", … */
  readonly kind: string;
  /** One line for people. */
  readonly text: string;
  readonly data?: Json;
}

/** Entries kept: a night of a chatty device; older ones go first. */
const capacity = 20_000;

export class Timeline {
  readonly #clock: HubClock;
  readonly #listeners = new Set<(entry: TimelineEntry) => void>();
  #entries: TimelineEntry[] = [];
  #count = 0;

  constructor(clock: HubClock) {
    this.#clock = clock;
  }

  add(device: string | undefined, kind: string, text: string, data?: Json): void {
    const entry: TimelineEntry = { number: ++this.#count, at: this.#clock.now(), device, kind, text, data };
    this.#entries.push(entry);
    if (this.#entries.length > capacity) this.#entries = this.#entries.slice(capacity / 10);
    for (const listener of this.#listeners) listener(entry);
  }

  /** @param device only that one's; @param after only entries with a higher number */
  entries(device?: string, after = 0): readonly TimelineEntry[] {
    return this.#entries.filter((e) => e.number > after && (device === undefined || e.device === device));
  }

  /** @returns a function that ends the listening */
  listen(listener: (entry: TimelineEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** "20:13:04.120  esp32-01  status      downloading 30 %" */
export function timelineLine(entry: TimelineEntry): string {
  const time = new Date(entry.at).toISOString().slice(11, 23);
  return `${time}  ${(entry.device ?? "hub").padEnd(14)}  ${entry.kind.padEnd(12)}  ${entry.text}`;
}
