import type { Fault } from "../../../modules/fault/fault.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { readCertificate } from "../../../modules/x509/certificate.js";
import { checkNameConstraints, maxNameComparisons, maxNameSubtrees } from "../../../modules/x509/name-constraints.js";
import { ipv6Address } from "../../../modules/x509/server-name.js";
import { assert, cpuMs, describe, it, report, stride } from "../../support/harness.js";
import { limit } from "../../support/limit.js";
import {
  attribute,
  constraints,
  der,
  directory,
  dns,
  ip,
  type Made,
  mail,
  make,
  name,
} from "../../support/made-certificate.js";

const notPermitted = "certificate-name-not-permitted";
const unsupported = "certificate-unsupported";

/** The verdict on a path, the server's certificate first. */
function judge(...path: Uint8Array[]): string {
  try {
    checkNameConstraints(path.map(readCertificate));
    return "good";
  } catch (error) {
    return (error as Fault).code;
  }
}

const root = (nameConstraints: Uint8Array, more: Partial<Made> = {}): Uint8Array =>
  make({ subject: "root", issuer: "root", ca: true, nameConstraints, ...more });
const server = (host: Uint8Array[] | undefined, subject: string | Uint8Array = "server"): Uint8Array =>
  make({ subject, issuer: "root", ...(host ? { host } : undefined) });

/** Of a server with these names below a CA with these constraints. */
const below = (host: Uint8Array[], permitted: Uint8Array[], excluded: Uint8Array[] = []): string =>
  judge(server(host), root(constraints(permitted, excluded)));

describe("name constraints: DNS names", () => {
  it("permit a name and what is below it", () => {
    const permitted = [dns("hub.example"), dns("other.example")];
    for (const good of ["hub.example", "a.hub.example", "b.a.hub.example", "HUB.Example", "other.example"])
      assert.equal(below([dns(good)], permitted), "good", good);
    for (const bad of ["example", "myhub.example", "hub.example.org", "ub.example", "hub-example", "xother.example"])
      assert.equal(below([dns(bad)], permitted), notPermitted, bad);
  });

  it("exclude a name and what is below it, permitted or not", () => {
    const excluded = [dns("Hub.example")];
    for (const bad of ["hub.example", "a.hub.example", "HUB.EXAMPLE"]) {
      assert.equal(below([dns(bad)], [], excluded), notPermitted, bad);
      assert.equal(below([dns(bad)], [dns("example")], excluded), notPermitted, bad);
    }
    assert.equal(below([dns("myhub.example")], [], excluded), "good");
  });

  it("count for every name, not only for the one that is used", () => {
    assert.equal(below([dns("hub.example"), dns("bank.test")], [dns("hub.example")]), notPermitted);
  });

  it("that begin with a dot want a label more", () => {
    assert.equal(below([dns("a.hub.example")], [dns(".hub.example")]), "good");
    assert.equal(below([dns("hub.example")], [dns(".hub.example")]), notPermitted);
    assert.equal(below([dns("a.hub.example")], [], [dns(".hub.example")]), notPermitted);
    assert.equal(below([dns("myhub.example")], [dns(".hub.example")]), notPermitted);
  });

  it("that are empty are all names", () => {
    assert.equal(below([dns("hub.example")], [dns("")]), "good");
    assert.equal(below([dns("hub.example")], [], [dns("")]), notPermitted);
  });

  it("permit a wildcard when they permit all that it stands for", () => {
    assert.equal(below([dns("*.hub.example")], [dns("hub.example")]), "good");
    assert.equal(below([dns("*.hub.example")], [dns(".hub.example")]), "good");
    assert.equal(below([dns("*.example")], [dns("hub.example")]), notPermitted);
  });

  it("exclude a wildcard when they exclude anything that it stands for", () => {
    for (const excluded of ["a.hub.example", "A.Hub.Example", "hub.example", ".hub.example", "example"])
      assert.equal(below([dns("*.hub.example")], [], [dns(excluded)]), notPermitted, excluded);
    for (const excluded of ["b.a.hub.example", ".a.hub.example", "a.hub.test", "ub.example", "a.myhub.example"])
      assert.equal(below([dns("*.hub.example")], [], [dns(excluded)]), "good", excluded);
  });

  it("permit nothing that is no DNS name", () => {
    for (const bad of [
      "",
      ".hub.example",
      "hub.example.",
      "a..hub.example",
      "a.*.hub.example",
      "*",
      "a b.hub.example",
    ]) {
      assert.equal(below([dns(bad)], [dns("hub.example")]), notPermitted, bad);
      assert.equal(below([dns(bad)], [], [dns("elsewhere")]), notPermitted, bad);
    }
    assert.equal(below([dns(`${"x".repeat(64)}.hub.example`)], [dns("hub.example")]), notPermitted);
    assert.equal(below([dns("xn--hb-xka.hub_1.example")], [dns("hub_1.example")]), "good");
    assert.equal(below([dns("hub.example\u0000.evil.test")], [dns("evil.test")]), notPermitted);
  });

  it("are refused when they are no DNS names themselves", () => {
    for (const bad of ["*.hub.example", "hub.example.", "..example", "a b", "h\u00fcb.example", "."])
      assert.equal(below([dns("hub.example")], [dns(bad)]), unsupported, bad);
  });
});

describe("name constraints: IP addresses", () => {
  it("are address and mask, of IPv4 and IPv6", () => {
    const four = [ip(192, 0, 2, 0, 255, 255, 255, 0)];
    assert.equal(below([ip(192, 0, 2, 77)], four), "good");
    assert.equal(below([ip(192, 0, 3, 1)], four), notPermitted);
    assert.equal(below([ip(192, 0, 2, 77)], [], four), notPermitted);
    assert.equal(below([ip(192, 0, 3, 1)], [], four), "good");
    const six = [ip(...ipv6Address("2001:db8::")!, ...ipv6Address("ffff:fff0::")!)];
    assert.equal(below([ip(...ipv6Address("2001:db8:1::1")!)], six), "good");
    assert.equal(below([ip(...ipv6Address("2001:dc8::1")!)], six), notPermitted);
    assert.equal(below([ip(...ipv6Address("2001:db8:1::1")!)], [], six), notPermitted);
  });

  it("take a mask of any length, and an address that has more than its mask", () => {
    assert.equal(below([ip(10, 1, 2, 3)], [ip(10, 1, 2, 3, 255, 255, 255, 255)]), "good");
    assert.equal(below([ip(10, 1, 2, 3)], [ip(0, 0, 0, 0, 0, 0, 0, 0)]), "good");
    assert.equal(below([ip(10, 1, 2, 3)], [], [ip(0, 0, 0, 0, 0, 0, 0, 0)]), notPermitted);
    assert.equal(below([ip(10, 1, 2, 3)], [ip(10, 1, 2, 9, 255, 255, 255, 0)]), "good");
    assert.equal(below([ip(10, 1, 2, 128)], [ip(10, 1, 2, 129, 255, 255, 255, 254)]), "good");
  });

  it("are refused with a mask that has holes, or a length that is none", () => {
    for (const bad of [
      ip(10, 0, 0, 0, 255, 0, 255, 0),
      ip(10, 0, 0, 0, 0, 255, 255, 255),
      ip(10, 0, 0, 0, 255, 253, 0, 0),
      ip(10, 0, 0, 0, 255, 1, 0, 0),
      ip(10, 0, 0, 0),
      ip(10, 0, 0, 0, 255),
      ip(),
    ])
      assert.equal(below([ip(10, 0, 0, 1)], [bad]), unsupported, String(bad));
  });

  it("of one family permit nothing of the other", () => {
    assert.equal(below([ip(...ipv6Address("::1")!)], [ip(0, 0, 0, 0, 0, 0, 0, 0)]), notPermitted);
    assert.equal(below([ip(...ipv6Address("::1")!)], [], [ip(0, 0, 0, 0, 0, 0, 0, 0)]), "good");
  });

  it("permit nothing that is no address", () => {
    assert.equal(below([ip(192, 0, 2, 0, 255, 255, 255, 0)], [ip(192, 0, 2, 0, 255, 255, 255, 0)]), notPermitted);
  });
});

describe("name constraints: distinguished names", () => {
  const organization = [0x55, 4, 10];
  const country = [0x55, 4, 6];
  const unit = [0x55, 4, 11];
  const set = (...attributes: Uint8Array[]): Uint8Array => der(0x31, ...attributes);
  const text = (value: string, tag = 0x0c): Uint8Array => der(tag, encodeUtf8(value));
  const company = der(0x30, set(attribute(country, text("DE"))), set(attribute(organization, text("The Company"))));
  const person = (...more: Uint8Array[]): Uint8Array =>
    der(
      0x30,
      set(attribute(country, text("de", 0x13))),
      set(attribute(organization, text(" the  COMPANY ", 0x13))),
      ...more,
    );
  const subject = (of: Uint8Array, permitted: Uint8Array[], excluded: Uint8Array[] = []): string =>
    judge(server([dns("hub")], of), root(constraints(permitted, excluded)));

  it("permit what begins like them, whatever case, spaces and kinds of string", () => {
    assert.equal(subject(person(set(attribute(unit, text("hub")))), [directory(company)]), "good");
    assert.equal(subject(person(), [directory(company)]), "good");
    assert.equal(subject(person(), [], [directory(company)]), notPermitted);
    assert.equal(subject(name("server"), [directory(company)]), notPermitted);
    assert.equal(subject(name("server"), [], [directory(company)]), "good");
    assert.equal(subject(der(0x30, set(attribute(country, text("DE")))), [directory(company)]), notPermitted);
  });

  it("are equal in every kind of string", () => {
    const wide = (width: number): Uint8Array => {
      const bytes = new Uint8Array(5 * width);
      [0xc4, 0x20, 0x42, 0x43, 0x44].forEach((byte, i) => {
        bytes[i * width + width - 1] = byte;
      });
      return bytes;
    };
    const one = (value: Uint8Array): Uint8Array => der(0x30, set(attribute(organization, value)));
    const utf8 = one(text("\u00e4 bcd"));
    for (const [tag, width] of [
      [0x14, 1],
      [0x1e, 2],
      [0x1c, 4],
    ])
      assert.equal(subject(one(der(tag, wide(width))), [directory(utf8)]), "good", String(tag));
    assert.equal(subject(one(der(0x04, encodeUtf8("x"))), [directory(one(der(0x04, encodeUtf8("X"))))]), notPermitted);
    assert.equal(subject(one(der(0x04, encodeUtf8("x"))), [directory(one(der(0x04, encodeUtf8("x"))))]), "good");
    assert.equal(subject(one(der(0x1e, [1])), [directory(utf8)]), unsupported);
  });

  it("compare the attributes of one place in any order, and all of them", () => {
    const a = attribute(organization, text("a"));
    const b = attribute(unit, text("b"));
    assert.equal(subject(der(0x30, set(b, a)), [directory(der(0x30, set(a, b)))]), "good");
    assert.equal(subject(der(0x30, set(b, a)), [directory(der(0x30, set(a)))]), notPermitted);
    assert.equal(subject(der(0x30, set(a)), [directory(der(0x30, set(a, b)))]), notPermitted);
    const spliced = attribute(organization, text(`a",55040b="b`));
    assert.equal(subject(der(0x30, set(spliced)), [directory(der(0x30, set(a, b)))]), notPermitted);
  });

  it("that are empty are all names, and an empty subject is none", () => {
    const empty = der(0x30);
    assert.equal(subject(name("server"), [directory(empty)]), "good");
    assert.equal(subject(name("server"), [], [directory(empty)]), notPermitted);
    assert.equal(subject(empty, [directory(company)]), "good");
    assert.equal(subject(empty, [], [directory(empty)]), "good");
  });

  it("count in a subjectAltName as in the subject", () => {
    const both = (of: Uint8Array): string =>
      judge(server([dns("hub"), directory(of)], person()), root(constraints([directory(company)])));
    assert.equal(both(person()), "good");
    assert.equal(both(name("server")), notPermitted);
  });
});

describe("name constraints", () => {
  it("of one form say nothing of another", () => {
    assert.equal(below([dns("hub.example")], [ip(10, 0, 0, 0, 255, 0, 0, 0)]), "good");
    assert.equal(below([ip(10, 0, 0, 1)], [dns("hub.example")]), "good");
  });

  it("of a form that cannot be compared refuse whatever has that form", () => {
    const otherName = der(0xa0, der(0x06, [0x2a, 3]), der(0xa0, der(0x0c, encodeUtf8("x"))));
    const uri = der(0x86, encodeUtf8("https://hub.example/"));
    for (const form of [mail("a@example"), uri, otherName, der(0x88, [0x2a, 3])]) {
      assert.equal(below([dns("hub"), form], [form]), notPermitted);
      assert.equal(below([dns("hub"), form], [], [form]), notPermitted);
      assert.equal(below([dns("hub")], [form]), "good");
      assert.equal(below([dns("hub"), form], [dns("hub")]), "good");
    }
  });

  it("of mail addresses count for one in the subject, where there is no subjectAltName", () => {
    const emailAddress = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
    const subject = der(0x30, der(0x31, attribute(emailAddress, der(0x16, encodeUtf8("a@example")))));
    assert.equal(judge(server(undefined, subject), root(constraints([mail("example")]))), notPermitted);
    assert.equal(judge(server([dns("hub")], subject), root(constraints([mail("example")]))), "good");
    assert.equal(judge(server(undefined), root(constraints([mail("example")]))), "good");
  });

  it("count whether they are critical or not", () => {
    for (const critical of [true, false])
      assert.equal(judge(server([dns("hub")]), root(constraints([dns("elsewhere")]), { critical })), notPermitted);
  });

  it("of all CAs above count together", () => {
    const of = (subject: string, issuer: string, ...permitted: string[]): Uint8Array =>
      make({ subject, issuer, ca: true, nameConstraints: constraints(permitted.map(dns)) });
    const leaf = make({ subject: "leaf", issuer: "lower", host: "a.example" });
    const lower = of("lower", "root", "a.example", "b.example");
    assert.equal(judge(leaf, lower, of("root", "root", "a.example")), "good");
    assert.equal(judge(leaf, lower, of("root", "root", "b.example")), notPermitted);
    assert.equal(judge(leaf, of("lower", "root", "b.example"), of("root", "root", "example")), notPermitted);
  });

  it("count for the CAs below too, but not for one that certifies a new key of its own", () => {
    const leaf = make({ subject: "leaf", issuer: "middle", host: "hub" });
    const top = root(constraints([dns("hub")]));
    const middle = (issuer: string, host: string): Uint8Array => make({ subject: "middle", issuer, ca: true, host });
    assert.equal(judge(leaf, middle("root", "hub"), top), "good");
    assert.equal(judge(leaf, middle("root", "elsewhere"), top), notPermitted);
    const again = make({ subject: "root", issuer: "root", ca: true, host: "elsewhere" });
    assert.equal(judge(make({ subject: "leaf", issuer: "root", host: "hub" }), again, top), "good");
    const last = make({ subject: "root", issuer: "root", host: "elsewhere" });
    assert.equal(judge(last, top), notPermitted);
  });

  it("that are not as the RFC has them are refused", () => {
    const base = dns("hub");
    const list = (...subtrees: Uint8Array[]): Uint8Array => der(0x30, der(0xa0, ...subtrees));
    for (const [bad, verdict] of [
      [der(0x30), unsupported],
      [list(), unsupported],
      [der(0x30, der(0xa0, der(0x30, base)), der(0xa1)), unsupported],
      [list(der(0x30, base, der(0x80, [1]))), unsupported],
      [list(der(0x30, base, der(0x81, [9]))), unsupported],
      [list(der(0x30, base, der(0x80, [0]), der(0x81, [0]))), unsupported],
      [list(der(0x30, base, der(0x80, [0]))), "good"],
      [list(der(0x30)), unsupported],
      [list(base), unsupported],
      [der(0x30, der(0xa1, der(0x30, dns("x"))), der(0xa0, der(0x30, base))), unsupported],
      [der(0x30, der(0xa0, der(0x30, base)), der(0x05)), unsupported],
      [der(0x31, der(0xa0, der(0x30, base))), unsupported],
      [der(0x05), unsupported],
      [list(der(0x30, directory(der(0x31)))), unsupported],
    ] as const)
      assert.equal(judge(server([base]), root(bad)), verdict, String(bad));
  });

  it("that are no distinguished names are refused, also where none is compared with them", () => {
    const leaf = server([dns("hub")], der(0x30));
    for (const bad of [der(0x31), der(0x30, der(0x30)), der(0x05)])
      assert.equal(judge(leaf, root(constraints([directory(bad)]))), unsupported, String(bad));
  });

  it("are refused when they are cut off anywhere", () => {
    const whole = constraints([dns("hub"), ip(10, 0, 0, 0, 255, 0, 0, 0)], [directory(name("x"))]);
    for (let length = 0; length < whole.byteLength; length++)
      assert.equal(judge(server([dns("hub")]), root(whole.subarray(0, length))), unsupported, String(length));
  });

  it("are read or refused, whatever byte of them or of the names is changed, and nothing else happens", () => {
    const leaf = server([dns("hub"), ip(10, 0, 0, 1), directory(name("server"))]);
    const top = root(constraints([dns("hub"), directory(name("server"))], [ip(11, 0, 0, 0, 255, 0, 0, 0)]));
    assert.equal(judge(leaf, top), "good");
    for (const changed of [leaf, top])
      for (let at = 0; at < changed.byteLength; at += stride)
        for (const value of [0, 0x7f, 0xff]) {
          const before = changed[at];
          changed[at] = value;
          try {
            const path = [leaf, top].map(readCertificate);
            const code = judge(leaf, top);
            assert.ok(["good", notPermitted, unsupported].includes(code), `${code} at ${at} of ${path.length}`);
          } catch (error) {
            assert.ok(error instanceof Error && !(error instanceof TypeError), String(error));
          }
          changed[at] = before;
        }
  });

  limit("maxNameSubtrees", "so many of one CA are applied, and with one more it may not issue", () => {
    const many = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => dns(`h${i}.example`));
    assert.equal(below([dns("h7.example")], many(maxNameSubtrees)), "good");
    assert.equal(below([dns("h7.example")], many(maxNameSubtrees + 1)), unsupported);
    assert.equal(below([dns("h7.example")], many(1), many(maxNameSubtrees)), unsupported);
  });

  limit("maxNameComparisons", "so many names are compared, and a chain that asks for more is refused", () => {
    const subtrees = Array.from({ length: 64 }, (_, i) => dns(`h${i}.example`));
    // The subject is a name, too.
    const names = (count: number): Uint8Array[] => Array.from({ length: count - 1 }, () => dns("h63.example"));
    const most = maxNameComparisons / subtrees.length;
    const start = cpuMs();
    assert.equal(below(names(most), subtrees), "good");
    report(`${maxNameComparisons} names compared in ${(cpuMs() - start).toFixed(0)} ms of CPU`);
    assert.equal(below(names(most + 1), subtrees), unsupported);
  });
});
