import { LineEditor } from "../../../src/features/console/line-editor.js";
import { assert, describe, it } from "../../support/harness.js";

interface Typed {
  echo: string;
  lines: string[];
  signals: string[];
}

function type(editor: LineEditor, text: string): Typed {
  const typed: Typed = { echo: "", lines: [], signals: [] };
  for (const key of text) {
    const { echo, line, signal } = editor.key(key);
    typed.echo += echo;
    if (line !== undefined) typed.lines.push(line);
    if (signal !== undefined) typed.signals.push(signal);
  }
  return typed;
}

/** What a terminal of `columns` shows after `text`: enough of ECMA-48 for what the editor sends. */
function screen(text: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  const keys = [...text];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key === "\x1b") {
      let digits = "";
      for (i += 2; keys[i] >= "0" && keys[i] <= "9"; i++) digits += keys[i];
      if (keys[i] === "A") row -= Number(digits || "1");
      else if (keys[i] === "J") rows.splice(row, rows.length, digits === "2" ? [] : rows[row].slice(0, column));
    } else if (key === "\r") column = 0;
    else if (key === "\n") row++;
    else if (key === "\b") column = Math.max(0, column - 1);
    else if (key !== "\x07") {
      if (column === columns) {
        column = 0;
        row++;
      }
      rows[row] ??= [];
      rows[row][column++] = key;
    }
    rows[row] ??= [];
  }
  return rows.map((characters) => characters.join("").trimEnd());
}

describe("line editor", () => {
  it("echoes what is typed and gives the line at Enter", () => {
    assert.deepEqual(type(new LineEditor("> ", 80), "help\r"), { echo: "help\r\n", lines: ["help"], signals: [] });
  });

  it("takes \\r, \\n and \\r\\n for one Enter each", () => {
    assert.deepEqual(type(new LineEditor("> ", 80), "a\rb\nc\r\nd\r").lines, ["a", "b", "c", "d"]);
  });

  it("erases by Backspace of either kind, and rings at the beginning", () => {
    const typed = type(new LineEditor("> ", 80), "ab\x7fc\b\b\b\x7fx\r");
    assert.deepEqual(typed.lines, ["x"]);
    assert.equal(typed.echo.split("\x07").length - 1, 2);
  });

  it("erases a whole character, whatever its bytes", () => {
    assert.deepEqual(type(new LineEditor("> ", 80), "aé😀\x7f\r").lines, ["aé"]);
  });

  it("recalls history by the arrows, and comes back to what was being typed", () => {
    const editor = new LineEditor("> ", 80);
    type(editor, "one\rtwo\rtwo\r\r");
    assert.deepEqual(type(editor, "thr\x1b[A\x1b[A\r").lines, ["one"]);
    assert.deepEqual(type(editor, "thr\x1b[A\x1b[Bee\r").lines, ["three"]);
    assert.deepEqual(type(editor, "\x1bOA\r").lines, ["three"]);
  });

  it("swallows other escape sequences, also in pieces", () => {
    const editor = new LineEditor("> ", 80);
    assert.deepEqual(type(editor, "a\x1b[1;5Cb\x1b[3~c\x1bxd\r").lines, ["abcd"]);
    type(editor, "\x1b");
    type(editor, "[");
    assert.deepEqual(type(editor, "Da\r").lines, ["a"]);
  });

  it("tells Ctrl-C, and Ctrl-D on an empty line", () => {
    const editor = new LineEditor("> ", 80);
    assert.deepEqual(type(editor, "abc\x03").signals, ["interrupt"]);
    assert.deepEqual(type(editor, "d\x04\r"), { echo: "d\x07\r\n", lines: ["d"], signals: [] });
    assert.deepEqual(type(editor, "\x04").signals, ["end"]);
  });

  it("drops control characters", () => {
    assert.deepEqual(type(new LineEditor("> ", 80), "a\x00\x01\x1f\x9bb\r").lines, ["ab"]);
  });

  it("bounds the line", () => {
    assert.equal(type(new LineEditor("> ", 80), `${"x".repeat(10_000)}\r`).lines[0].length, 256);
  });

  it("draws what it holds, on any width, through wrapping, erasing and history", () => {
    for (const columns of [10, 16, 33, 80]) {
      const editor = new LineEditor("> ", columns);
      let shown = editor.shown;
      const long = "abcdefghijklmnopqrstuvwxyz0123456789";
      for (const text of [long, "\r", "\x1b[A", "\x7f".repeat(20), "\x15", "\x1b[A", "\x1b[B", "xy", "\x7f"]) {
        if (text === "\r") {
          type(editor, text);
          shown = editor.shown;
        } else shown += type(editor, text).echo;
        const rows: string[] = [];
        const want = [...editor.shown];
        do rows.push(want.splice(0, columns).join("").trimEnd());
        while (want.length > 0);
        const got = screen(shown, columns);
        while (got.length > rows.length && got.at(-1) === "") got.pop();
        assert.deepEqual(got, rows, `${columns} columns after ${JSON.stringify(text)}`);
      }
    }
  });
});
