/*
 * A NAT or a proxy between a device and its hub, over real sockets: it ends a connection on which no byte has passed for too
 * long, as proxies do, with no word to either side's protocol.
 */

import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface ForgetfulPath {
  readonly port: number;
  close(): void;
}

/** @param port of the hub on this computer @param forgetsMs how long a quiet may last, in milliseconds */
export async function forgetfulPath(port: number, forgetsMs: number): Promise<ForgetfulPath> {
  const open = new Set<Socket>();
  const server = createServer((device) => {
    const hub = connect(port, "localhost");
    const end = (): void => {
      clearTimeout(timer);
      device.destroy();
      hub.destroy();
    };
    const timer = setTimeout(end, forgetsMs);
    for (const [from, to] of [
      [device, hub],
      [hub, device],
    ]) {
      open.add(from);
      from.on("data", (bytes) => {
        timer.refresh();
        to.write(bytes);
      });
      from.on("error", end);
      from.on("close", () => {
        open.delete(from);
        // What was read before the end still goes to the other side.
        to.end();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, () => listening()));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
