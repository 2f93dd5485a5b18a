/*
 * Rule: preloaded code has no RegExp that outlives a call. In SDK 8.2.3 the match data of a RegExp that was made when a module
 * was preloaded is allocated outside the heap and then treated as a part of it (xs/sources/xsre.c, fxAllocateRegExpData
 * lacks an `else`): each use leaks, and the next collection crashes. A RegExp that is made inside a function is sound.
 */

import { isLinked } from "./sources.mjs";

const lasting =
  /^(export )?(const|let) [^=]*=\s*(\/(?![/*])|new RegExp|\[\s*\/)|^\s*static [^=]*=\s*(\/(?![/*])|new RegExp)/;

export function preloadedRegExps({ files }) {
  return files
    .filter(({ path }) => isLinked(path))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, i) =>
          lasting.test(line)
            ? [{ path, line: i + 1, text: "a preloaded RegExp crashes XS; make it inside a function" }]
            : [],
        ),
    );
}
