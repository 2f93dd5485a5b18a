/*
 * Devices in the field, every cut: what crossings.node.test.ts does with some of the cuts of a first start, with every
 * operation of it torn in every way. Minutes, so a command of its own: npm run test:field.
 */

import { it, report } from "../support/harness.js";
import { everyCut, inPlace, overTheAir, thereAndBack } from "./crossings.js";
import { describeField } from "./field-suite.js";
import { fixtures, refusing } from "./fixtures.js";
import { today } from "./today.js";

describeField("devices in the field: every cut of the first start", (past) => {
  for (const fixture of fixtures) {
    const known = !fixture.unknown;
    const ways: [way: string, cross: () => Promise<number>, made: boolean][] = [
      ["over the air to this release", () => overTheAir(fixture, past, today, everyCut), known],
      ["in place to this release", () => inPlace(fixture, past, today, everyCut), known],
      ["there and back", () => thereAndBack(fixture, past, refusing, everyCut), known],
      ["over the air to ce69a67", () => overTheAir(fixture, today, past, everyCut), true],
      ["in place to ce69a67", () => inPlace(fixture, today, past, everyCut), true],
    ];
    for (const [way, cross, made] of ways) {
      if (!made) continue;
      it(`${fixture.name}: ${way}`, async () => report(`${await cross()} power cuts, 0 bricked`));
    }
  }
});
