/*
 * What time servers send, good and hostile: an answer by RFC 5905 §7.3, field by field, made here and not by the code
 * that reads it.
 */

export interface AnswerFields {
  leap?: number;
  version?: number;
  mode?: number;
  stratum?: number;
  /** Seconds. */
  rootDelay?: number;
  rootDispersion?: number;
  /** Four characters. */
  referenceId?: string;
  /** Milliseconds since 1970; undefined: the field is zero. */
  referenceMs?: number | undefined;
  receivedMs?: number | undefined;
  /** The moment that the answer is for. */
  sentMs?: number | undefined;
  /** Bytes behind the packet, as of a MAC. */
  behind?: number;
  /** Another origin than the question's. */
  origin?: Uint8Array;
}

function writeTime(packet: DataView, offset: number, ms: number | undefined): void {
  if (ms === undefined) return;
  const sinceMs = ms + 2_208_988_800_000;
  const seconds = Math.floor(sinceMs / 1000);
  packet.setUint32(offset, seconds % 2 ** 32);
  packet.setUint32(offset + 4, Math.floor(((sinceMs - seconds * 1000) / 1000) * 2 ** 32));
}

/** @returns an answer to `question`: that of a healthy server but for `fields`; `sentMs` has to be among them */
export function ntpAnswer(question: Uint8Array, fields: AnswerFields): Uint8Array {
  const { leap = 0, version = 4, mode = 4, stratum = 2, rootDelay = 0.02, rootDispersion = 0.01, sentMs } = fields;
  const bytes = new Uint8Array(48 + (fields.behind ?? 0));
  const packet = new DataView(bytes.buffer);
  bytes[0] = (leap << 6) | (version << 3) | mode;
  bytes[1] = stratum;
  bytes[2] = 6;
  bytes[3] = 0xec;
  packet.setInt32(4, Math.round(rootDelay * 65536));
  packet.setUint32(8, Math.round(rootDispersion * 65536));
  const id = fields.referenceId ?? "GPS.";
  for (let i = 0; i < 4; i++) bytes[12 + i] = id.codePointAt(i) ?? 0;
  writeTime(packet, 16, "referenceMs" in fields ? fields.referenceMs : sentMs! - 30_000);
  bytes.set(fields.origin ?? question.subarray(40, 48), 24);
  writeTime(packet, 32, "receivedMs" in fields ? fields.receivedMs : sentMs);
  writeTime(packet, 40, sentMs);
  return bytes;
}
