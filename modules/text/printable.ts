/*
 * Printable text: foreign text for terminals, logs and messages, as one line without control characters.
 *
 * The rule it guards: no character that a stranger has written moves a cursor, ends a line, changes the direction of the
 * text beside it, or is one of Unicode's invisible characters for formatting and tags. Each such character becomes its
 * escape ("\u001b"), so that the reader still sees what was there. Some invisible characters stay: blanks of every width,
 * fillers such as U+3164, and joiners and variation selectors, which are part of words and of emoji.
 */

/** Whether `printable` would leave `text` as it is. */
export const isPrintable = (text: string): boolean => {
  // Not a regular expression: XS compiles it at every call, which takes longer than this loop over a log line (measured).
  for (const character of text) if ((character < " " || character > "~") && !shows(character)) return false;
  return true;
};

/** `text` with an escape in place of each character that is not printable. */
export const printable = (text: string): string => {
  if (isPrintable(text)) return text;
  let shown = "";
  for (const character of text) shown += shows(character) ? character : escaped(character);
  return shown;
};

/** `text`, of several lines, with each line printable: line feeds stay, and CR LF becomes a line feed. */
export const printableLines = (text: string): string => {
  return text
    .split("\n")
    .map((line) => printable(line.endsWith("\r") ? line.slice(0, -1) : line))
    .join("\n");
};

/** Whether one code point is printable. */
const shows = (character: string): boolean => {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return false; // C0
  if (code < 0x7f) return true;
  if (code < 0xa0) return false; // DEL and C1 (ECMA-48)
  // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
  if (code < 0x2000) return code !== 0x00ad && code !== 0x061c && code !== 0x180e;
  if (code < 0x2070) {
    if (code < 0x2010) return code < 0x200b || code === 0x200c || code === 0x200d; // zero width space and marks, not joiners
    // Line and paragraph separator, embeddings and overrides; word joiner, invisible operators, isolates and the
    // deprecated ones beside them (UAX #9).
    return (code < 0x2028 || code > 0x202e) && code < 0x2060;
  }
  if (code >= 0xd800 && code <= 0xdfff) return false; // half of a surrogate pair
  // The byte order mark, interlinear annotation, and tags, which can spell a whole text that nobody sees.
  return code !== 0xfeff && (code < 0xfff9 || code > 0xfffb) && (code < 0xe0000 || code > 0xe007f);
};

/** The escape of a character, as in JSON: two escapes where UTF-16 has two units. */
const escaped = (character: string): string => {
  const code = character.codePointAt(0)!;
  if (code < 0x10000) return unit(code);
  return unit(0xd7c0 + (code >> 10)) + unit(0xdc00 + (code & 0x3ff));
};

const unit = (code: number): string => {
  return `\\u${code.toString(16).padStart(4, "0")}`;
};
