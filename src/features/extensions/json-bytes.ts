/*
 * The size of a value as JSON, in which a character takes up to six bytes.
 */

import { stringifyJson } from "../../../modules/json/stringify.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";

/** Bytes of a list in one message (alarms, identities) as JSON: three quarters of the send queue. */
export const maxListBytes = 24_576;

/** @returns bytes of the value as JSON in UTF-8 @throws TypeError for a value that is no JSON */
export const jsonBytes = (value: object | string): number => {
  return encodeUtf8(stringifyJson([value])).byteLength - 2;
};
