/*
 * PowerCut: the error that the flash model throws when the power fails. It is no Fault on purpose: no code may handle it,
 * since on a device no code runs after a power cut.
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
