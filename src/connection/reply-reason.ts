/*
 * Reply reason: the explanation in a reply of NervesHub, which puts it under "reason" or "error", or makes the response a bare
 * string.
 */

import { fieldsOf } from "../../modules/json/fields.js";
import { cut } from "../../modules/text/cut.js";
import { printable } from "../../modules/text/printable.js";

/** Characters of a reason in a reply of the server: as many as a log line and a report to the server have room for. */
export const maxReplyReasonCharacters = 200;

/** @returns the beginning of the explanation, in one printable line */
export const replyReason = (response: unknown): string => {
  const { reason, error } = fieldsOf(response);
  const told = [response, reason, error].find((text) => typeof text === "string") ?? "no reason given";
  return printable(cut(told, maxReplyReasonCharacters));
};
