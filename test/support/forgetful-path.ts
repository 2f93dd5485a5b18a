/*
 * A NAT or a proxy between device and server, in virtual time: it forgets a connection that was quiet for too long. Portable.
 */

import type { Timer, Timers } from "../../modules/platform/timers.js";
import type { Break, Connection } from "./virtual-network.js";

/** @returns `accept` behind a path that ends a connection, as `how` says, when no byte has passed for `forgetsMs` */
export function forgetful(
  timers: Timers,
  forgetsMs: number,
  how: Break,
  accept: (connection: Connection) => void,
): (connection: Connection) => void {
  return (connection) => {
    accept(connection);
    const { onData, onEnd } = connection;
    const send = connection.send.bind(connection);
    let timer: Timer | undefined;
    const passed = (): void => {
      timers.clear(timer);
      timer = timers.set(() => connection.end(how), forgetsMs);
    };
    connection.onData = (bytes) => {
      passed();
      onData(bytes);
    };
    connection.send = (bytes) => {
      passed();
      send(bytes);
    };
    connection.onEnd = () => {
      timers.clear(timer);
      onEnd();
    };
  };
}
