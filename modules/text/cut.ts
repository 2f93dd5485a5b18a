/*
 * Cutting text to a length, by code points on every engine.
 *
 * Strings on XS count code points, strings on V8 count UTF-16 units. On V8 `slice` can cut a surrogate pair in two, and
 * half a pair is no text (see modules/json/stringify.ts).
 */

/** The first `characters` code points of `text`. */
export const cut = (text: string, characters: number): string => {
  // A text never has more code points than units.
  if (text.length <= characters) return text;
  if (countsCodePoints()) return text.slice(0, characters);
  let end = 0;
  for (let count = 0; count < characters && end < text.length; count++) end += width(text, end);
  return text.slice(0, end);
};

/** The last `characters` code points of `text`. */
export const cutStart = (text: string, characters: number): string => {
  if (text.length <= characters) return text;
  if (countsCodePoints()) return text.slice(text.length - characters);
  let start = text.length;
  for (let count = 0; count < characters && start > 0; count++)
    start -= start > 1 && width(text, start - 2) > 1 ? 2 : 1;
  return text.slice(start);
};

const countsCodePoints = (): boolean => {
  return "😀".length === 1;
};

/** UTF-16 units of the character at `at`. */
const width = (text: string, at: number): number => {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
};
