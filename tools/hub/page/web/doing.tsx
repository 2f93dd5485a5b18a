/*
 * A button that asks the hub for something, and says what came of it in the page's one line for that.
 */

import { signal } from "@preact/signals";
import { hub } from "./state.js";

export const outcome = signal<{ readonly text: string; readonly bad: boolean } | undefined>(undefined);

/** Runs what was asked for; what goes wrong is said too. */
export async function run(what: () => Promise<string>): Promise<void> {
  try {
    outcome.value = { text: await what(), bad: false };
  } catch (error) {
    outcome.value = { text: error instanceof Error ? error.message : String(error), bad: true };
  }
}

interface Doing {
  readonly label: string;
  readonly title?: string;
  readonly disabled?: boolean;
  readonly what: () => Promise<string>;
}

export function Do({ label, title, disabled, what }: Doing) {
  const off = disabled === true || !hub.value.mayAct;
  const why = hub.value.mayAct ? title : "Open the link that the hub printed: it carries the token.";
  return (
    <button type="button" disabled={off} title={why} onClick={() => run(what)}>
      {label}
    </button>
  );
}

export function Outcome() {
  const said = outcome.value;
  return (
    <p class={`outcome${said?.bad ? " bad" : ""}`} role="status" hidden={said === undefined}>
      <span>{said?.text}</span>
      <button type="button" aria-label="Dismiss" onClick={() => (outcome.value = undefined)}>
        ×
      </button>
    </p>
  );
}
