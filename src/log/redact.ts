/*
 * The one place that text passes before it is logged or sent as a reason: queries of URLs (a presigned query is a
 * credential), shared-secret tokens and the secrets that were configured are blotted out.
 *
 * It is the second line of defence. The first is that no message is built from a secret.
 */

const queryInUrl = (): RegExp => /([a-z]{2,8}:\/\/[^\s"'?]*)\?[^\s"']*/gi;
/** Of a path, or of a URL that was cut: whatever looks like name=value behind a question mark. */
const query = (): RegExp => /\?[A-Za-z][\w.%-]*=[^\s"']*/g;
const token = (): RegExp => /SFMyNTY\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?/g;

export class Redactor {
  private readonly _secrets: readonly string[];

  /** @param secrets texts that must never appear; those under 8 characters would blot out ordinary words */
  constructor(secrets: readonly string[]) {
    this._secrets = secrets.filter((secret) => secret.length >= 8);
  }

  redact(text: string): string {
    let clean = text;
    if (clean.includes("://")) clean = clean.replace(queryInUrl(), "$1?[redacted]");
    if (clean.includes("?")) clean = clean.replace(query(), "?[redacted]");
    if (clean.includes("SFMyNTY.")) clean = clean.replace(token(), "[redacted token]");
    for (const secret of this._secrets) if (clean.includes(secret)) clean = clean.split(secret).join("[redacted]");
    return clean;
  }
}
