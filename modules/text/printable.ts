/*
 * Text of others for terminals, logs and messages: one line, in which every character shows what it is.
 *
 * The rule it guards: nothing that a stranger has written moves a cursor, ends a line, turns the direction of what stands
 * beside it, or is invisible. What could is shown as its escape, "\u001b", so that the reader still sees what was there.
 */

/** Whether `printable` would leave `text` as it is. */
export function isPrintable(text: string): boolean {
  // Not a regular expression: XS compiles it at every call, which takes longer than a line of a log has characters (measured).
  for (const character of text) if ((character < " " || character > "~") && !shows(character)) return false;
  return true;
}

/** `text` with an escape in place of each character that would do something instead of showing. */
export function printable(text: string): string {
  if (isPrintable(text)) return text;
  let shown = "";
  for (const character of text) shown += shows(character) ? character : escaped(character);
  return shown;
}

/** The same for several lines: line feeds stay, and what stands before them as CR LF goes. */
export function printableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line.endsWith("\r") ? line.slice(0, -1) : line))
    .join("\n");
}

/** @param character one code point */
function shows(character: string): boolean {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return false; // C0
  if (code < 0x7f) return true;
  if (code < 0xa0) return false; // DEL and C1 (ECMA-48)
  if (code < 0x2000) return code !== 0x061c; // Arabic letter mark
  if (code < 0x2070) {
    // Marks; line and paragraph separator, embeddings and overrides; isolates and the deprecated ones beside them (UAX #9).
    // The joiners U+200C and U+200D are part of words and of emoji.
    return code !== 0x200e && code !== 0x200f && (code < 0x2028 || code > 0x202e) && code < 0x2066;
  }
  if (code >= 0xd800 && code <= 0xdfff) return false; // half of a surrogate pair
  // The byte order mark and interlinear annotation show nothing.
  return code !== 0xfeff && (code < 0xfff9 || code > 0xfffb);
}

/** All of them lie below U+10000. */
function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}
