/*
 * The images of the hub, and a place to drop a file: it shows what NervesHub would read from it and whether devices can be
 * updated to it, before anything is taken.
 */

import { signal } from "@preact/signals";
import { outcome, run } from "./doing.js";
import { act, request } from "./hub.js";
import { hub, images, selected } from "./state.js";

interface Judged {
  readonly refusal: string | null;
  readonly fields: readonly (readonly [string, string])[];
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

const looked = signal<{ readonly file: File; readonly judged: Judged } | undefined>(undefined);
const over = signal(false);

async function send(file: File, add: boolean): Promise<Judged> {
  const query = `name=${encodeURIComponent(file.name)}${add ? "&add" : ""}`;
  return (await request("POST", `firmware?${query}`, file)) as unknown as Judged;
}

async function look(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  looked.value = undefined;
  try {
    looked.value = { file, judged: await send(file, false) };
  } catch (error) {
    outcome.value = { text: error instanceof Error ? error.message : String(error), bad: true };
  }
}

function Verdict() {
  const shown = looked.value;
  if (shown === undefined) return null;
  const { file, judged } = shown;
  const { refusal, fields, problems, notes } = judged;
  const more = problems.filter((problem) => problem !== refusal);
  return (
    <div class={`verdict ${refusal === null ? "good" : "bad"}`} role="status">
      <h3>{file.name}</h3>
      <p>{refusal === null ? "Devices can be updated to it." : `Not taken: ${refusal}`}</p>
      {more.map((text) => (
        <p key={text}>{text}</p>
      ))}
      <dl>
        {fields.map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {notes.map((text) => (
        <p key={text} class="note">
          {text}
        </p>
      ))}
      <p class="buttons">
        {refusal === null && (
          <button
            type="button"
            onClick={() =>
              run(async () => {
                await send(file, true);
                looked.value = undefined;
                return `${file.name} is taken; devices that run an older version are offered it.`;
              })
            }
          >
            Add to the hub
          </button>
        )}
        <button type="button" onClick={() => (looked.value = undefined)}>
          Close
        </button>
      </p>
    </div>
  );
}

export function FirmwareImages() {
  const { mayAct } = hub.value;
  const device = selected.value;
  return (
    <section class="firmware" aria-label="Firmware">
      <h2>
        Firmware <span class="count">{images.value.length}</span>
      </h2>
      {images.value.length > 0 && (
        <ul>
          {images.value.map(({ uuid, version, platform, size, name }) => (
            <li key={uuid}>
              <span class="version">{version}</span>
              <span class="platform">{platform}</span>
              <span class="size">{(size / 1000).toFixed(0)} KB</span>
              <span class="file" title={name}>
                {name}
              </span>
              <button
                type="button"
                disabled={!mayAct || device === undefined}
                title={device === undefined ? "Choose a device first" : `Send ${version} to ${device} by hand`}
                onClick={() => run(() => act(device ?? "", "push", { firmware: uuid }))}
              >
                Push
              </button>
            </li>
          ))}
        </ul>
      )}
      {mayAct && (
        <label
          class={`drop${over.value ? " over" : ""}`}
          onDragOver={(event) => {
            event.preventDefault();
            over.value = true;
          }}
          onDragLeave={() => (over.value = false)}
          onDrop={(event) => {
            event.preventDefault();
            over.value = false;
            void look(event.dataTransfer?.files[0]);
          }}
        >
          <input
            type="file"
            onChange={(event) => {
              const { files } = event.currentTarget;
              void look(files?.[0]);
              event.currentTarget.value = "";
            }}
          />
          <span>Drop an ESP-IDF image here, or choose one</span>
        </label>
      )}
      <Verdict />
    </section>
  );
}
