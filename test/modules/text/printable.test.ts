import { isPrintable, printable, printableLines } from "../../../modules/text/printable.js";
import { assert, describe, it } from "../../support/harness.js";

/** First and last of each class that must not reach a terminal. */
const refused: [string, number, number][] = [
  ["C0", 0x00, 0x1f],
  ["DEL and C1", 0x7f, 0x9f],
  ["soft hyphen", 0x00ad, 0x00ad],
  ["Arabic letter mark", 0x061c, 0x061c],
  ["Mongolian vowel separator", 0x180e, 0x180e],
  ["zero width space", 0x200b, 0x200b],
  ["left-to-right and right-to-left mark", 0x200e, 0x200f],
  ["line and paragraph separator, embeddings and overrides", 0x2028, 0x202e],
  ["word joiner, invisible operators, isolates and deprecated format characters", 0x2060, 0x206f],
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

  it("shows tags as JSON would escape them", () => {
    for (const [code, shown] of [
      [0xe0000, "\\udb40\\udc00"],
      [0xe0041, "\\udb40\\udc41"],
      [0xe007f, "\\udb40\\udc7f"],
    ] as const)
      assert.equal(printable(`a${String.fromCodePoint(code)}b`), `a${shown}b`);
    assert.ok(isPrintable(String.fromCodePoint(0xe0080)) && isPrintable("\u{dffff}"));
  });

  it("leaves every other character of a sentence, emoji with joiners among them", () => {
    const text = "Zürich 東京 مرحبا 👩‍👩‍👧 ❤\ufe0f می‌خواهم \u{10ffff} ~";
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
