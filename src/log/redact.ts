/*
 * The one place that text passes before it is logged or sent as a reason: queries of URLs (a presigned query is a
 * credential), shared-secret tokens and the secrets that were configured are blotted out.
 *
 * It is the second line of defence. The first is that no message is built from a secret.
 */

import { digits, isMadeOf, letters } from "../../modules/text/characters.js";

const tokenStart = "SFMyNTY.";
const tokenCharacters = `${letters}${digits}_-.`;
const nameCharacters = `${letters}${digits}_.%-`;

const endsWord = (character: string): boolean => character === '"' || character === "'" || character.trim() === "";

/** The word that a text begins with; nothing where it begins with a blank or a quote. */
const leadingWord = (text: string): string => {
  let word = "";
  for (const character of text) {
    if (endsWord(character)) break;
    word += character;
  }
  return word;
};

const trailingWord = (text: string): string => {
  let word = "";
  for (const character of text) word = endsWord(character) ? "" : word + character;
  return word;
};

/** Whether a word is "name=…": a query without its URL, from a path or a URL that was cut. */
const isQuery = (word: string): boolean => {
  const name = word.slice(0, Math.max(0, word.indexOf("=")));
  return name !== "" && letters.includes(name[0]) && isMadeOf(name, nameCharacters);
};

const withoutQueries = (text: string): string => {
  let [clean, ...rest] = text.split("?");
  let before = clean;
  /** Whether the query goes on after another question mark. */
  let goesOn = false;
  for (const part of rest) {
    const word = leadingWord(part);
    const isSecret: boolean = goesOn || trailingWord(before).includes("://") || isQuery(word);
    if (!goesOn) clean += "?";
    if (isSecret) clean += `${goesOn ? "" : "[redacted]"}${part.slice(word.length)}`;
    else clean += part;
    goesOn = isSecret && word.length === part.length;
    before = part;
  }
  return clean;
};

const withoutTokens = (text: string): string => {
  const [first, ...rest] = text.split(tokenStart);
  let clean = first;
  for (const part of rest) {
    let token = "";
    for (const character of part) {
      if (!tokenCharacters.includes(character)) break;
      token += character;
    }
    // A full stop at the end belongs to the sentence, not to the token.
    const end = token.endsWith(".") ? token.length - 1 : token.length;
    clean += `[redacted token]${part.slice(end)}`;
  }
  return clean;
};

/** Least characters of a secret's beginning that are blotted out: fewer are the end of an ordinary word. */
const leastBeginning = 4;

export class Redactor {
  readonly #secrets: readonly string[];

  /** @param secrets texts that must never appear; those under 8 characters would blot out ordinary words */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.filter((secret) => secret.length >= 8);
  }

  redact(text: string): string {
    let clean = text.includes("?") ? withoutQueries(text) : text;
    if (clean.includes(tokenStart)) clean = withoutTokens(clean);
    for (const secret of this.#secrets) if (clean.includes(secret)) clean = clean.split(secret).join("[redacted]");
    return clean;
  }

  /** Of a text that was cut before it came here, since it may be as long as memory allows: a secret may have lost its end. */
  redactCut(text: string): string {
    const clean = this.redact(text);
    for (const secret of this.#secrets)
      for (let length = secret.length - 1; length >= leastBeginning; length--)
        if (clean.endsWith(secret.slice(0, length))) return `${clean.slice(0, clean.length - length)}[redacted]`;
    return clean;
  }
}
