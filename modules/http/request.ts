/*
 * The head of an HTTP/1.1 GET request (RFC 9112 §3), for downloads and for the WebSocket upgrade.
 *
 * The rule it guards: nothing in a header, wherever it came from, can add a line to the request.
 */

import { Fault } from "../fault/fault.js";
import { digits, isAsciiText, isMadeOf, letters } from "../text/characters.js";
import { cut } from "../text/cut.js";
import { printable } from "../text/printable.js";
import { hostHeader, type Url } from "./url.js";

const tokenCharacters = `${digits}${letters}!#$%&'*+-.^_\`|~`;

/** Whether `text` is a token (RFC 9110 §5.6.2) and so can be the name of a header. */
export const isToken = (text: string): boolean => {
  return text !== "" && isMadeOf(text, tokenCharacters);
};

/** Whether `text` is visible ASCII, blanks and tabs (RFC 9110 §5.5). Every header that this package sends is. */
const isValue = (text: string): boolean => {
  for (const character of text) if (!isAsciiText(character) && character !== "\t") return false;
  return true;
};

/**
 * The head of a GET request: request line, `Host`, then `headers` in their order, then the empty line.
 * @throws Fault of stage "options": "bad-request-header", which names the header and never its value
 */
export const requestText = (url: Url, headers: [name: string, value: string][]): string => {
  const lines = [`GET ${url.path} HTTP/1.1`, `host: ${hostHeader(url)}`];
  for (const [headerName, headerValue] of headers) {
    if (!isToken(headerName) || !isValue(headerValue)) {
      const shown = printable(cut(headerName, 40));
      throw new Fault(
        "options",
        "bad-request-header",
        `The request header "${shown}" has characters that HTTP does not allow.`,
      );
    }
    lines.push(`${headerName}: ${headerValue}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
};
