import { isPrintable, printable, printableLines } from "../../../modules/text/printable.js";
import { assert, describe, it } from "../../harness.js";

/** First and last of each class that must not reach a terminal. */
const refused: [string, number, number][] = [
  ["C0", 0x00, 0x1f],
  ["DEL and C1", 0x7f, 0x9f],
  ["Arabic letter mark", 0x061c, 0x061c],
  ["left-to-right and right-to-left mark", 0x200e, 0x200f],
  ["line and paragraph separator, embeddings and overrides", 0x2028, 0x202e],
  ["isolates and deprecated format characters", 0x2066, 0x206f],
  ["halves of surrogate pairs", 0xd800, 0xdfff],
  ["byte order mark", 0xfeff, 0xfeff],
  ["interlinear annotation", 0xfff9, 0xfffb],
];

describe("control characters: printable", () => {
  for (const [name, first, last] of refused) {
    it(`shows an escape for every one of: ${name}`, () => {
      for (let code = first; code <= last; code++) {
        const text = `a${String.fromCharCode(code)}b`;
        assert.equal(printable(text), `a\\u${code.toString(16).padStart(4, "0")}b`);
        assert.equal(isPrintable(text), false);
      }
    });

    it(`leaves the neighbours of: ${name}`, () => {
      for (const code of [first - 1, last + 1]) {
        if (code < 0 || refused.some(([, from, to]) => code >= from && code <= to)) continue;
        assert.equal(printable(String.fromCharCode(code)), String.fromCharCode(code));
      }
    });
  }

  it("leaves every other character of a sentence, emoji with joiners among them", () => {
    const text = "Zürich 東京 مرحبا 👩‍👩‍👧 می‌خواهم \u{10ffff} ~";
    assert.equal(printable(text), text);
  });

  it("makes one line of a forged one", () => {
    assert.equal(printable("ok\r\n12:00  hub  joined"), "ok\\u000d\\u000a12:00  hub  joined");
    assert.equal(printable("\x1b]0;title\x07\u202egnp.exe"), "\\u001b]0;title\\u0007\\u202egnp.exe");
  });

  it("keeps the lines of a text with several, and nothing else of it", () => {
    assert.equal(printableLines("a\r\nb\x1b[2J\n\rc\n"), "a\nb\\u001b[2J\n\\u000dc\n");
  });
});
