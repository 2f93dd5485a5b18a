/*
 * The functions that the simulator's host takes from its computer: entropy, environment variables, name resolution, restart.
 */

import type { Random } from "../../modules/platform/random.js";
import type { Resolve } from "../xs/socket-stream.js";

const entropy = native("nh_entropy") as (into: Uint8Array) => void;
const lookUp = native("nh_resolve") as (host: string, onResolved: (addresses: string) => void) => void;

/** Random from the system's generator; XS's own generators begin alike in every run on a computer. */
export class SystemRandom implements Random {
  fill(into: Uint8Array): void {
    entropy(into);
  }
}

/** Gives all addresses of a name at once. tcp.ts tries them in turn: "localhost" may be IPv6 first and served on IPv4. */
export const resolve: Resolve = (host, onResolved) =>
  lookUp(host, (found) => onResolved(found === "" ? undefined : found));

export const environment = native("nh_environment") as (name: string) => string | undefined;

/** Ends the program and starts it again from its beginning, with the same arguments. */
export const restart = native("nh_restart") as () => void;
