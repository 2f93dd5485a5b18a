/*
 * Rule: linked code has one style, as far as a program can tell. Comments tell what is thrown behind `@throws`, a Fault as
 * `Fault of stage "tls": "bad-record"`. Constants are camelCase like all names, but for those of a C header
 * (ESP_ERR_INVALID_STATE). Whether a comment tells it at all is the rule of told-throws.mjs.
 */

import { isLinked } from "./sources.mjs";

const forms = [
  { found: /^[ \t]*(?:\/?\*+ ?)(?:[^"\n]*[.:] )?Throws\b/gm, text: "what is thrown stands behind @throws" },
  {
    found: /@throws Fault (?:of stage "\w+", (?:code )?)?"/g,
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
