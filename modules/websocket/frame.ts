/*
 * Constants of RFC 6455 that both directions share: opcodes (§5.2), close codes (§7.4), and the fault for a violation.
 */

import { Fault } from "../fault/fault.js";

/** §5.2. */
export const opcode = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const);

/** Bytes of the payload of a control frame (§5.5). */
export const maxControlBytes = 125;

/** §7.4.1, those that this client sends or reports. */
export const closeCode = Object.freeze({
  normal: 1000,
  protocolError: 1002,
  /** A close frame without a code was received. Never on the wire. */
  none: 1005,
  /** The connection ended without a close frame. Never on the wire. */
  abnormal: 1006,
  invalidPayload: 1007,
  messageTooBig: 1009,
  internalError: 1011,
} as const);

/** Whether `code` may stand in a close frame (§7.4.1, §7.4.2 and the IANA registry up to 1014). */
export const validCloseCode = (code: number): boolean => {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code < 5000)
  );
};

/** The fault when the peer breaks the protocol or a bound: the connection is closed with `closeCode`. */
export class Violation extends Fault {
  readonly closeCode: number;

  constructor(closeCode: number, code: string, message: string) {
    super("websocket", code, message);
    this.closeCode = closeCode;
  }
}
