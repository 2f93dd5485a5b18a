/*
 * Datagrams over the ECMA-419 UDP socket, on every platform that runs XS.
 *
 * The rule it guards: no exception ever leaves a callback, since that would restart the device.
 */

import UDP from "embedded:io/socket/udp";
import { stackOf } from "../../modules/fault/fault.js";
import type { OpenDatagrams } from "../../modules/sntp/exchange.js";

/** The socket as it is: the typings lack `close`, and that `read` may return undefined. */
interface Socket {
  read(): (ArrayBuffer & { address: string; port: number }) | undefined;
  write(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

export const openDatagrams: OpenDatagrams = (onDatagram) => {
  let open = true;
  const socket = new UDP({
    onReadable: (count) => {
      try {
        for (let left = count; left > 0 && open; left--) {
          const packet = socket.read();
          if (packet === undefined) return;
          onDatagram(new Uint8Array(packet), packet.address, packet.port);
        }
      } catch (error) {
        trace(`A datagram's callback threw: ${stackOf(error)}\n`);
      }
    },
  }) as unknown as Socket;
  return {
    send: (bytes, address, port) => socket.write(bytes, address, port),
    close: () => {
      if (open) socket.close();
      open = false;
    },
  };
};
