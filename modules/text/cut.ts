/*
 * Cutting text to a length, by code points on every engine.
 *
 * A string of XS counts code points, one of V8 counts UTF-16 units: `slice` there cuts a pair of surrogates in two, and
 * half a pair is no text (see modules/json/stringify.ts).
 */

/** The first `characters` code points of `text`. */
export const cut = (text: string, characters: number): string => {
  // As many units or fewer are never more code points.
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

/** Units of the character at `at`. */
const width = (text: string, at: number): number => {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
};
