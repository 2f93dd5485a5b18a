/*
 * Rule: what a device links is written by one hand, as far as a program can tell. What is thrown stands behind `@throws`, a
 * Fault's as `Fault of stage "tls": "bad-record"`; and a constant is spelled like any other name, but for those that a C header
 * gives (ESP_ERR_INVALID_STATE).
 */

import { isLinked } from "./sources.mjs";

const forms = [
  { found: /^[ \t]*(?:\/?\*+ ?)(?:[^"\n]*[.:] )?Throws\b/gm, text: "what is thrown stands behind @throws" },
  {
    found: /@throws Fault of stage "\w+", (?:code )?"/g,
    text: 'codes stand as in `Fault of stage "tls": "bad-record"`',
  },
  {
    found: /^(?:export )?const (?!(?:ESP|MALLOC)_)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/gm,
    text: "a constant is spelled like any other name: camelCase",
  },
];

export function oneHand({ files }) {
  return files
    .filter(({ path }) => isLinked(path))
    .flatMap(({ path, text }) =>
      forms.flatMap((form) =>
        [...text.matchAll(form.found)].map(({ index }) => ({
          path,
          line: text.slice(0, index).split("\n").length,
          text: form.text,
        })),
      ),
    );
}
