/*
 * How much of a message something takes: its bytes as JSON, where a character has up to six.
 */

import { stringifyJson } from "../../../modules/json/stringify.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";

/** Bytes of JSON of a list in one message, alarms or identities: the send queue's size, and a quarter of it to spare. */
export const maxListBytes = 24_576;

/** @throws TypeError for what is no JSON */
export const jsonBytes = (value: object | string): number => {
  return encodeUtf8(stringifyJson([value])).byteLength - 2;
};
