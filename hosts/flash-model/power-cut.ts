/*
 * PowerCut: what the flash model throws at the moment the power fails. Not a Fault on purpose: no code may handle it,
 * since on a device nothing runs any more.
 */

export class PowerCut extends Error {
  /** @param operation the operation that was cut, counted from 1 */
  constructor(operation: number) {
    super(`power cut at flash operation ${operation}`);
  }

  // A getter, since XS freezes Error.prototype and assigning `name` to an instance throws there.
  override get name(): string {
    return "PowerCut";
  }
}
