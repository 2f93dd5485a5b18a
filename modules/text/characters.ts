/*
 * Characters: which characters a text is made of, without regular expressions. XS compiles a regular expression at every
 * use: those of one connect took 15 % of its instructions (measured).
 */

export const digits = "0123456789";
export const hexDigits = `${digits}abcdefABCDEF`;
/** ASCII letters of either case. */
export const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Whether every character of `text` is one of `alphabet`; true for the empty text. */
export const isMadeOf = (text: string, alphabet: string): boolean => {
  for (const character of text) if (!alphabet.includes(character)) return false;
  return true;
};

/** @returns the number that `text` spells in one to `most` decimal digits; undefined for anything else */
export const decimal = (text: string, most: number): number | undefined => {
  return text !== "" && text.length <= most && isMadeOf(text, digits) ? Number(text) : undefined;
};

/** @returns the number that `text` spells in one to `most` hexadecimal digits of either case; undefined for anything else */
export const hexadecimal = (text: string, most: number): number | undefined => {
  return text !== "" && text.length <= most && isMadeOf(text, hexDigits) ? Number.parseInt(text, 16) : undefined;
};

/** Whether `character` is visible ASCII or a blank. A NUL, which XS holds as two bytes, compares as greater than "~". */
export const isAsciiText = (character: string): boolean => {
  return character >= " " && character <= "~";
};
