/*
 * One device: what it is, what can be done to it, and what it reports.
 */

import { useSignal } from "@preact/signals";
import { Charts } from "./charts.js";
import { Progress, stateOf } from "./devices.js";
import { Do, run } from "./doing.js";
import { act, download, type Json, request } from "./hub.js";
import { type Device, devices, entries, faults, hub, reports, selected } from "./state.js";
import { DeviceConsole } from "./terminal.js";

const tabs = ["Overview", "Console", "Numbers", "Reports", "Tools"] as const;

/** Faults that need no number, or one that is as good as any. */
const breakable: readonly (readonly [label: string, fault: object])[] = [
  ["Break off after 100 KB", { kind: "drop", after: 100_000 }],
  ["End early after 100 KB", { kind: "truncate", after: 100_000 }],
  ["Fall silent after 100 KB", { kind: "stall", after: 100_000 }],
  ["Flip a bit at 50,000", { kind: "corrupt", at: 50_000 }],
  ["Send another file", { kind: "swap" }],
  ["Answer 503", { kind: "status", status: 503 }],
  ["Answer 403", { kind: "status", status: 403 }],
  ["Ignore ranges", { kind: "ignore-range" }],
];

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function lastWord(identifier: string): string {
  return entries.value.findLast(({ device, kind }) => device === identifier && kind === "status")?.text ?? "none yet";
}

function raisedAlarms(identifier: string): readonly (readonly [string, string])[] {
  const report = reports.value.get(identifier)?.get("alarms") as { raised?: Record<string, { description: Json }> };
  return Object.entries(report?.raised ?? {}).map(([name, { description }]) => [
    name,
    typeof description === "string" ? description : JSON.stringify(description),
  ]);
}

function Overview({ device }: { readonly device: Device }) {
  const { identifier, firmware, validation, updates_blocked_until: blocked } = device;
  const alarms = raisedAlarms(identifier);
  const away = device.connection !== "connected";
  const trial = { validated: "confirmed", not_validated: "on trial: not confirmed yet", unknown: "not said" }[
    validation
  ];
  return (
    <>
      <dl class="facts">
        <Fact name="firmware">
          {firmware === null ? "unknown" : `${firmware.product} ${firmware.version}, ${firmware.platform}`}
        </Fact>
        <Fact name="image">{trial}</Fact>
        <Fact name="update">
          {device.inflight === null ? (device.next ?? "") : `${device.inflight.status} `}
          <Progress device={device} />
        </Fact>
        <Fact name="last word">{lastWord(identifier)}</Fact>
        <Fact name="update mode">
          <select
            aria-label="Update mode"
            value={device.update_mode}
            disabled={!hub.value.mayAct}
            onChange={(event) => {
              const mode = event.currentTarget.value;
              void run(() => act(identifier, "update-mode", { mode }));
            }}
          >
            <option>automatic</option>
            <option>device_managed</option>
            <option>off</option>
          </select>
        </Fact>
        {blocked !== null && (
          <Fact name="blocked until">
            {new Date(blocked).toLocaleString()} <Do label="Forgive" what={() => act(identifier, "clear-penalty")} />
          </Fact>
        )}
        <Fact name="extensions">{device.extensions.join(", ") || "none"}</Fact>
        <Fact name="network">{device.interface ?? "not said"}</Fact>
        <Fact name="alarms">
          {alarms.length === 0
            ? "none"
            : alarms.map(([name, description]) => (
                <span key={name} class="alarm">
                  {name}
                  {description === "null" ? "" : `: ${description}`}
                </span>
              ))}
        </Fact>
      </dl>
      <p class="buttons">
        <Do disabled={away} label="Reboot" what={() => act(identifier, "reboot")} />
        <Do disabled={away} label="Identify" title="It makes itself noticed" what={() => act(identifier, "identify")} />
        <Do
          disabled={away}
          label="Reconnect"
          title="Closes its socket with 1001"
          what={() => act(identifier, "reconnect")}
        />
        <Do
          disabled={away}
          label="Cut"
          title="Breaks its connection without a word"
          what={() => act(identifier, "cut")}
        />
      </p>
    </>
  );
}

function Reports({ device }: { readonly device: Device }) {
  const own = [...(reports.value.get(device.identifier) ?? [])];
  if (own.length === 0) return <p class="empty">No extension has reported yet.</p>;
  return (
    <>
      {own.map(([name, value]) => (
        <details key={name}>
          <summary>{name}</summary>
          <pre>{JSON.stringify(value, undefined, 2)}</pre>
        </details>
      ))}
    </>
  );
}

function Script({ device }: { readonly device: string }) {
  const text = useSignal("info");
  const output = useSignal("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        output.value = "…";
        act(device, "script", { text: text.value }).then(
          (answer) => (output.value = answer),
          (error: Error) => (output.value = error.message),
        );
      }}
    >
      <label>
        Script
        <textarea rows={3} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      </label>
      <button type="submit" disabled={!hub.value.mayAct}>
        Run
      </button>
      {output.value !== "" && <pre>{output.value}</pre>}
    </form>
  );
}

/** The bytes of a file in base64, in pieces that an argument list can take. */
async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

function Tools({ device }: { readonly device: Device }) {
  const { identifier } = device;
  return (
    <>
      <Script device={identifier} />
      <h3>The next download</h3>
      <p class="buttons">
        {breakable.map(([label, fault]) => (
          <Do
            key={label}
            label={label}
            what={async () => {
              await request("POST", "faults", JSON.stringify(fault));
              return `The next download gets: ${label.toLowerCase()}.`;
            }}
          />
        ))}
        <Do
          label="No faults"
          disabled={faults.value.length === 0}
          what={async () => {
            await request("DELETE", "faults");
            return "Downloads go through again.";
          }}
        />
      </p>
      {faults.value.length > 0 && (
        <p class="note">Waiting: {faults.value.map(({ kind, left }) => `${kind} (${left}×)`).join(", ")}</p>
      )}
      <h3>Archive</h3>
      <label class="file">
        Offer a file as an archive
        <input
          type="file"
          disabled={!hub.value.mayAct}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file !== undefined) void run(async () => act(identifier, "archive", { base64: await base64Of(file) }));
          }}
        />
      </label>
      <h3>For a bug report</h3>
      <p class="buttons">
        <button
          type="button"
          onClick={() =>
            run(async () => {
              await download(`devices/${encodeURIComponent(identifier)}/frames`, `${identifier}-frames.ndjson`);
              return "The frames of the link are saved; signed URLs are left out of them.";
            })
          }
        >
          Save the frames of the link
        </button>
      </p>
    </>
  );
}

export function DeviceView() {
  const tab = useSignal<(typeof tabs)[number]>("Overview");
  const device = devices.value.get(selected.value ?? "");
  if (device === undefined) return null;
  const [word, className] = stateOf(device);
  return (
    <section class="one" aria-label={`Device ${device.identifier}`}>
      <h2>
        <span class={`mark ${className}`} aria-hidden="true" /> {device.identifier} <span class="count">{word}</span>
      </h2>
      <div class="tabs" role="tablist">
        {tabs.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={tab.value === name}
            onClick={() => (tab.value = name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={tab.value}>
        {tab.value === "Overview" && <Overview device={device} />}
        {tab.value === "Console" &&
          (device.console ? (
            <DeviceConsole device={device.identifier} />
          ) : (
            <p class="empty">
              No console: the device is offline, or its Console feature is not allowed to remote users.
            </p>
          ))}
        {tab.value === "Numbers" && <Charts device={device.identifier} />}
        {tab.value === "Reports" && <Reports device={device} />}
        {tab.value === "Tools" && <Tools key={device.identifier} device={device} />}
      </div>
    </section>
  );
}
