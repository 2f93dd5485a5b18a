/*
 * Devices in the field: an agent of commit ce69a67 updates itself to this one, and back. Here with some of the cuts;
 * `npm run test:field` makes every one.
 */

import { assert, it, report } from "../support/harness.js";
import { inPlace, isUnderstood, overTheAir, someCuts, thereAndBack } from "./crossings.js";
import { describeField } from "./field-suite.js";
import { fixtures, refusing } from "./fixtures.js";
import { today } from "./today.js";

const known = fixtures.filter(({ unknown }) => !unknown);

describeField("devices in the field: from ce69a67 to this release", (past) => {
  for (const fixture of known) {
    it(`${fixture.name}: what the old one wrote is read`, () => isUnderstood(fixture, past, today));

    it(`${fixture.name}: ends validated over the air, wherever the power goes in the first start`, async () => {
      const cuts = await overTheAir(fixture, past, today, someCuts);
      assert.ok(cuts >= 6, `${cuts} cuts`);
      report(`${cuts} power cuts, 0 bricked`);
    });

    it(`${fixture.name}: ends validated in place`, async () => {
      report(`${await inPlace(fixture, past, today, someCuts)} power cuts, 0 bricked`);
    });
  }
});

describeField("devices in the field: back to ce69a67", (past) => {
  for (const fixture of known) {
    it(`${fixture.name}: a failing trial ends on the old one, which says so and takes the next offer`, async () => {
      report(`${await thereAndBack(fixture, past, refusing, someCuts)} power cuts, 0 bricked`);
    });
  }

  for (const fixture of fixtures) {
    it(`${fixture.name}: what this release wrote is read`, () => isUnderstood(fixture, today, past));

    it(`${fixture.name}: ends validated on the old one as an update`, async () => {
      report(`${await overTheAir(fixture, today, past, someCuts)} power cuts, 0 bricked`);
    });

    it(`${fixture.name}: goes on in place with the old one`, async () => {
      report(`${await inPlace(fixture, today, past, someCuts)} power cuts, 0 bricked`);
    });
  }
});
