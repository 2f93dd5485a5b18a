import { toHex } from "../../../modules/text/hex.js";
import { nameForPeople } from "../../../modules/x509/certificate.js";
import { RootCatalogue } from "../../../tools/doctor/roots.js";
import { assert, describe, it } from "../../support/harness.js";

const isrgRootX1 = "79b459e67bb6e5e40173800888c81a58f6e99b6e";

describe("doctor: roots", () => {
  const catalogue = new RootCatalogue();

  it("built into the agent are all to be had, so that a chain to any of them is judged as on the device", () => {
    const names = catalogue.builtIn.map(({ subject }) => nameForPeople(subject));
    for (const name of ["ISRG Root X1", "ISRG Root X2", "Amazon Root CA 1", "GTS Root R1", "DigiCert Global Root G2"])
      assert.ok(names.includes(`"${name}"`), names.join());
    const identifiers = new Set(catalogue.builtIn.map(({ subjectKeyIdentifier }) => toHex(subjectKeyIdentifier!)));
    assert.equal(identifiers.size, 14, [...identifiers].join());
  });

  it("are told by where to get them", () => {
    assert.match(catalogue.whereabouts(isrgRootX1), /^built into the agent( \(SDK resource ca109\))?$/);
    assert.match(
      catalogue.whereabouts("00".repeat(20)),
      /^not built in, and .*: give it to the device in the option roots$/,
    );
  });
});
