/*
 * The list of devices: version, state, trial, and an update's progress as it happens.
 */

import { type Device, devices, entries, hub, selected } from "./state.js";

/** A word, and the class that gives it its colour and its shape. */
export function stateOf(device: Device): readonly [word: string, className: string] {
  if (device.connection === "disconnected") return ["offline", "off"];
  if (device.connection === "connecting") return ["connecting", "busy"];
  if (device.inflight !== null) return [device.inflight.status, "busy"];
  if (device.validation === "not_validated") return ["on trial", "trial"];
  if (device.updates_blocked_until !== null) return ["blocked", "bad"];
  return ["connected", "good"];
}

/** The last percent that a device told. The hub stores fewer of them, as the real one does. */
function percentOf({ identifier, inflight }: Device): number {
  const told = entries.value.findLast(
    ({ device, kind }) => device === identifier && (kind === "progress" || kind === "status"),
  );
  if (told?.text === "completed") return 100;
  const percent = /^(?:downloading|updating) (\d+) %/.exec(told?.text ?? "")?.[1];
  return percent === undefined ? (inflight?.progress ?? 0) : Number(percent);
}

export function Progress({ device }: { readonly device: Device }) {
  if (device.inflight === null) return null;
  const percent = percentOf(device);
  return (
    <span class="progress">
      <progress max={100} value={percent} aria-label={`Update of ${device.identifier}`} />
      <span>{percent} %</span>
    </span>
  );
}

function Row({ device }: { readonly device: Device }) {
  const [word, className] = stateOf(device);
  const { identifier, firmware } = device;
  return (
    <li>
      <button
        type="button"
        class="device"
        aria-pressed={selected.value === identifier}
        onClick={() => (selected.value = identifier)}
      >
        <span class={`mark ${className}`} aria-hidden="true" />
        <span class="name">{identifier}</span>
        <span class="version">{firmware?.version ?? "unknown"}</span>
        <span class="state">{word}</span>
        <span class="platform">{firmware?.platform ?? ""}</span>
        <Progress device={device} />
      </button>
    </li>
  );
}

export function Devices() {
  const list = [...devices.value.values()].sort((a, b) => a.identifier.localeCompare(b.identifier));
  return (
    <section class="devices" aria-label="Devices">
      <h2>
        Devices <span class="count">{list.length}</span>
      </h2>
      {list.length === 0 ? (
        <div class="empty">
          <p>
            No device yet. {hub.value.lines === null ? "The hub's terminal shows how to connect one." : "Connect one:"}
          </p>
          {hub.value.lines !== null && <pre>{hub.value.lines}</pre>}
        </div>
      ) : (
        <ul>
          {list.map((device) => (
            <Row key={device.identifier} device={device} />
          ))}
        </ul>
      )}
    </section>
  );
}
