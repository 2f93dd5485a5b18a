/*
 * The desk hub's page: devices and images on one side, the device that is looked at and the timeline on the other.
 */

import { render } from "preact";
import { DeviceView } from "./device.js";
import { Devices } from "./devices.js";
import { Outcome } from "./doing.js";
import { FirmwareImages } from "./firmware.js";
import { follow, hub, live } from "./state.js";
import { TimelineView } from "./timeline.js";

const words = {
  connecting: "connecting",
  live: "live",
  gone: "the hub is gone; looking for it",
  refused: "the hub refuses this link; open the one that it printed last",
} as const;

function Page() {
  const { product, mayAct } = hub.value;
  return (
    <>
      <header>
        <h1>Desk hub</h1>
        <span class="product">{product}</span>
        {live.value === "live" && !mayAct && <span class="looking">only looking: the printed link may act</span>}
        <span class={`live ${live.value}`} role="status">
          {words[live.value]}
        </span>
      </header>
      <main>
        <div class="side">
          <Devices />
          <FirmwareImages />
        </div>
        <div class="wide">
          <DeviceView />
          <TimelineView />
        </div>
      </main>
      <Outcome />
    </>
  );
}

render(<Page />, document.body);
void follow();
