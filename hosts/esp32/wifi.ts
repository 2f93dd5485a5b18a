/*
 * WifiRadio: the Wi-Fi of an ESP32 as a Radio, over the SDK's ECMA-419 interface, which holds the driver for the whole run.
 *
 * The constructor starts the driver, before there is a network: the hardware random generator needs the radio on.
 */

import WiFi from "embedded:network/interface/wifi";
import type { Radio } from "./station.js";

/** Values of `connection` of ECMA-419's network interface from which on it is joining; below it is idle or refused. */
const connecting = 300;
/** Values of `connection` from which on there is an address. */
const ready = 500;

export interface WifiNetwork {
  ssid: string;
  /** Absent for an open network. */
  password?: string;
}

export class WifiRadio implements Radio {
  readonly #network: WifiNetwork;
  private readonly _interface: WiFi;

  /** @param onChanged must not throw: it is called by native code */
  constructor(network: WifiNetwork, onChanged: () => void) {
    this.#network = network;
    this._interface = new WiFi({ onChanged });
  }

  connect(): void {
    const { ssid, password } = this.#network;
    this._interface.connect(password === undefined ? { SSID: ssid } : { SSID: ssid, password });
  }

  disconnect(): void {
    this._interface.disconnect();
  }

  get state(): "up" | "busy" | "down" {
    const { connection } = this._interface;
    return connection >= ready ? "up" : connection >= connecting ? "busy" : "down";
  }
}
