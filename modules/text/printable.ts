/*
 * Text of others for terminals, logs and messages: one line, in which every character shows what it is.
 *
 * The rule it guards: nothing that a stranger has written moves a cursor, ends a line, turns the direction of what stands
 * beside it, or is invisible. What could is shown as its escape, "\u001b", so that the reader still sees what was there.
 */

/**
 * C0, DEL and C1 (ECMA-48); bidirectional marks, embeddings, overrides and isolates with the deprecated ones beside them
 * (UAX #9); line and paragraph separator; the byte order mark and interlinear annotation, which show nothing; halves of
 * surrogate pairs. Joiners (U+200C, U+200D) are part of words and emoji.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unprintable = (): RegExp => /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]/u;

/** Whether `printable` would leave `text` as it is. */
export function isPrintable(text: string): boolean {
  return !unprintable().test(text);
}

/** `text` with an escape in place of each character that would do something instead of showing. */
export function printable(text: string): string {
  if (isPrintable(text)) return text;
  // Not by `replace`: on XS that holds all the matches at once.
  let shown = "";
  for (const character of text) shown += isPrintable(character) ? character : escaped(character);
  return shown;
}

/** The same for several lines: line feeds stay, and what stands before them as CR LF goes. */
export function printableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line.endsWith("\r") ? line.slice(0, -1) : line))
    .join("\n");
}

/** All of them lie below U+10000. */
function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}
