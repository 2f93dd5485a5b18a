/*
 * Characters: what a text is made of, without regular expressions. XS compiles one at every use: those of one connect took
 * 15 % of its instructions (measured).
 */

export const digits = "0123456789";
export const hexDigits = `${digits}abcdefABCDEF`;
/** Of either case. */
export const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Whether every character of `text` is one of `alphabet`; the empty text has none that is not. */
export const isMadeOf = (text: string, alphabet: string): boolean => {
  for (const character of text) if (!alphabet.includes(character)) return false;
  return true;
};

/** The number that one to `most` decimal digits are; undefined for anything else. */
export const decimal = (text: string, most: number): number | undefined => {
  return text !== "" && text.length <= most && isMadeOf(text, digits) ? Number(text) : undefined;
};

/** The number that one to `most` hexadecimal digits of either case are; undefined for anything else. */
export const hexadecimal = (text: string, most: number): number | undefined => {
  return text !== "" && text.length <= most && isMadeOf(text, hexDigits) ? Number.parseInt(text, 16) : undefined;
};

/** Visible ASCII and blanks, "~" the last. A NUL, which XS holds as two bytes, is beyond it. */
export const isAsciiText = (character: string): boolean => {
  return character >= " " && character <= "~";
};
