import assert from "node:assert/strict";
import { check } from "../../support/planted.js";

const path = "hosts/esp32/wifi.ts";
const said = (text: string): string[] => check({ [path]: text }, "oneHand").lines;

describe("12.3 one hand, or `npm run check` fails", () => {
  it("for a constant in capitals, but not for a name of a C header", () => {
    const capitals = `${path}:2: a constant is spelled like any other name: camelCase`;
    assert.deepEqual(said("\nconst READY = 500;\n"), [capitals]);
    assert.deepEqual(said("\nexport const FIRST_WAIT_MS = 1;\n"), [capitals]);
    assert.deepEqual(said("const ESP_ERR_INVALID_STATE = 0x103;\nexport const Phase = 1;\nconst k = 2;\n"), []);
  });

  it("for what is thrown, told in another way", () => {
    const prose = `${path}:2: what is thrown stands behind @throws`;
    assert.deepEqual(said("\n/** Throws a Fault. */\n"), [prose]);
    assert.deepEqual(said("\n/** The text. Throws TypeError. */\n"), [prose]);
    assert.deepEqual(said("/**\n * Throws when it is wrong.\n */\n"), [prose]);
    const codes = `${path}:1: codes stand as in \`Fault of stage "tls": "bad-record"\``;
    assert.deepEqual(said('/** @throws Fault of stage "tls", code "bad-record" */\n'), [codes]);
    assert.deepEqual(said('/** @throws Fault of stage "tls", "bad-record" */\n'), [codes]);
    assert.deepEqual(said('/** What it throws. @throws Fault of stage "tls": "bad-record" */\n'), []);
  });

  it("but not where only people read", () => {
    assert.deepEqual(check({ "tools/hub/a.ts": "const READY = 1;\n/** Throws. */\n" }, "oneHand").lines, []);
  });
});
