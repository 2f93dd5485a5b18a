/*
 * What happened, in order: one entry for each thing a device did or was told, kept in memory and printable for people.
 * It never holds secrets or signed URLs: whoever adds an entry leaves them out. What strangers and devices have written
 * shows as what it is, and never as a line of its own.
 */

import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";
import { type Json, sizeOf } from "./json.js";
import { maxEntries, maxEntryCharacters, maxEntryDataBytes, maxTimelineBytes } from "./limits.js";
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

export class Timeline {
  readonly #clock: HubClock;
  readonly #listeners = new Set<(entry: TimelineEntry) => void>();
  #entries: TimelineEntry[] = [];
  #count = 0;
  #bytes = 0;

  constructor(clock: HubClock) {
    this.#clock = clock;
  }

  add(device: string | undefined, kind: string, text: string, data?: Json): void {
    const entry: TimelineEntry = { number: ++this.#count, at: this.#clock.now(), device, kind, ...bounded(text, data) };
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
    if (this.#entries.length > maxEntries || this.#bytes > maxTimelineBytes) this.#forget();
    for (const listener of this.#listeners) listener(entry);
  }

  /** A tenth at a time, so that it is not done for every entry. */
  #forget(): void {
    let at = 0;
    while (this.#entries.length - at > maxEntries * 0.9 || this.#bytes > maxTimelineBytes * 0.9)
      this.#bytes -= bytesOf(this.#entries[at++]);
    this.#entries = this.#entries.slice(at);
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

/** What is kept of what was said. */
function bounded(text: string, data: Json | undefined): { text: string; data?: Json } {
  const kept = cut(text, maxEntryCharacters);
  const short = printable(kept === text ? text : `${kept}…`);
  if (data === undefined) return { text: short };
  return { text: short, data: sizeOf(data, maxEntryDataBytes) === undefined ? "too large to be kept" : data };
}

function bytesOf({ text, data }: TimelineEntry): number {
  return text.length + (data === undefined ? 0 : (sizeOf(data, maxEntryDataBytes) ?? 0));
}

/** "20:13:04.120  esp32-01  status      downloading 30 %" */
export function timelineLine(entry: TimelineEntry): string {
  const time = new Date(entry.at).toISOString().slice(11, 23);
  return printable(`${time}  ${(entry.device ?? "hub").padEnd(14)}  ${entry.kind.padEnd(12)}  ${entry.text}`);
}
