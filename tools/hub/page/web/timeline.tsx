/*
 * What happened, newest last, with a search and levels.
 */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Level, levelOf } from "../../level.js";
import { type Entry, entries, selected } from "./state.js";

const levels: readonly Level[] = ["error", "warning", "info", "debug"];

const wanted = signal("");
const least = signal<Level>("info");
const onlySelected = signal(false);

/** Lines in the document at once: a browser slows down with tens of thousands. */
const shownLines = 500;

function found(): readonly Entry[] {
  const words = wanted.value.toLowerCase();
  const enough = levels.slice(0, levels.indexOf(least.value) + 1);
  return entries.value.filter((entry) => {
    if (onlySelected.value && entry.device !== selected.value) return false;
    if (!enough.includes(levelOf(entry))) return false;
    return words === "" || `${entry.device ?? "hub"} ${entry.kind} ${entry.text}`.toLowerCase().includes(words);
  });
}

const time = (at: number): string => new Date(at).toLocaleTimeString(undefined, { hour12: false });

export function TimelineView() {
  const list = useRef<HTMLOListElement>(null);
  const stays = useRef(true);
  const shown = found();
  useEffect(() => {
    if (stays.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  });
  return (
    <section class="timeline" aria-label="Timeline">
      <h2>
        Timeline <span class="count">{shown.length}</span>
      </h2>
      <p class="filters">
        <input
          type="search"
          placeholder="Search"
          aria-label="Search the timeline"
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
        />
        <select
          aria-label="Least level"
          value={least.value}
          onChange={(event) => (least.value = event.currentTarget.value as Level)}
        >
          {levels.map((level) => (
            <option key={level} value={level}>
              {level}
            </option>
          ))}
        </select>
        <label>
          <input
            type="checkbox"
            checked={onlySelected.value}
            onChange={(event) => (onlySelected.value = event.currentTarget.checked)}
          />{" "}
          only this device
        </label>
      </p>
      <ol
        ref={list}
        aria-label="What happened"
        onScroll={({ currentTarget: at }) => {
          stays.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40;
        }}
      >
        {shown.slice(-shownLines).map((entry) => (
          <li key={entry.number} class={levelOf(entry)}>
            <time dateTime={new Date(entry.at).toISOString()}>{time(entry.at)}</time>
            <span class="who">{entry.device ?? "hub"}</span>
            <span class="kind">{entry.kind}</span>
            <span class="text">{entry.text}</span>
          </li>
        ))}
      </ol>
      {shown.length === 0 && <p class="empty">Nothing of that kind has happened yet.</p>}
    </section>
  );
}
