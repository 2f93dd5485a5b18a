/*
 * Name resolution of an ESP32: lwIP's, by the SDK's `net`, with the name servers that DHCP gave.
 */

import Net from "net";
import type { Resolve } from "../xs/socket-stream.js";

export const resolve: Resolve = (host, onResolved) => Net.resolve(host, (_, address) => onResolved(address));
