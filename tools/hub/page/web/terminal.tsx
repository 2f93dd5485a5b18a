/*
 * The console of a device, in xterm.js. Ctrl-Shift-Escape leaves it: Tab and Escape belong to the device.
 */

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef } from "preact/hooks";
import { run } from "./doing.js";
import { act, open } from "./hub.js";
import { hub } from "./state.js";

const againMs = 1000;

/** Shows what the device writes, for as long as it is open. */
async function show(device: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      terminal.reset();
      for await (const message of open(`devices/${encodeURIComponent(device)}/console?follow`, signal))
        terminal.write((message as { readonly data: string }).data);
      terminal.write("\r\n[the device has gone]\r\n");
    } catch {
      // It is offline, or the hub is: the next try shows.
    }
    await new Promise((resolve) => setTimeout(resolve, againMs));
  }
}

export function DeviceConsole({ device }: { readonly device: string }) {
  const place = useRef<HTMLDivElement>(null);
  const leave = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const ended = new AbortController();
    const terminal = new Terminal({ cursorBlink: true, fontSize: 13, convertEol: true, screenReaderMode: true });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current!);
    fit.fit();
    // Keys go out in order, one request after the other.
    let sending = Promise.resolve();
    terminal.onData((data) => {
      if (hub.value.mayAct) sending = sending.then(() => sendKeys(device, data));
    });
    terminal.attachCustomKeyEventHandler((event) => {
      if (!(event.ctrlKey && event.shiftKey && event.key === "Escape")) return true;
      leave.current?.focus();
      return false;
    });
    const size = new ResizeObserver(() => fit.fit());
    size.observe(place.current!);
    const told = terminal.onResize(({ rows, cols }) => {
      const payload = { height: rows, width: cols };
      if (hub.value.mayAct) void act(device, "console-event", { event: "window_size", payload }).catch(() => {});
    });
    void show(device, terminal, ended.signal);
    return () => {
      ended.abort();
      told.dispose();
      size.disconnect();
      terminal.dispose();
    };
  }, [device]);
  return (
    <>
      <div class="console">
        <div ref={place} class="terminal" />
      </div>
      <p class="note">
        <button
          type="button"
          ref={leave}
          onClick={() => run(() => act(device, "console-event", { event: "restart" }))}
          disabled={!hub.value.mayAct}
        >
          Restart the console
        </button>{" "}
        Ctrl-Shift-Escape leaves the terminal.
      </p>
    </>
  );
}

/** Keys that arrive say nothing; what goes wrong is said. */
async function sendKeys(device: string, data: string): Promise<void> {
  try {
    await act(device, "console", { data });
  } catch (error) {
    await run(() => Promise.reject(error));
  }
}
