/*
 * ESP-IDF options in sdkconfig files: which value counts after all lines were read.
 */

/**
 * @param text lines `CONFIG_X=value` and `# CONFIG_X is not set`
 * @returns the last value of each option; "n" for one that is empty or not set
 */
export function readOptions(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const raw of text.split(/\r?\n/)) {
    // Some files of the SDK have blanks behind values.
    const line = raw.trimEnd();
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (unset) options.set(unset[1], "n");
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line);
    if (set) options.set(set[1], set[2] || "n");
  }
  return options;
}

/**
 * mcconfig merges a fragment over the SDK's options by searching for text, and gets some lines wrong.
 *
 * @returns one sentence for each option of `fragment` that did not reach `merged`
 */
export function lostOptions(fragment: string, merged: string): string[] {
  const got = readOptions(merged);
  const lost: string[] = [];
  for (const [name, value] of readOptions(fragment)) {
    if (got.get(name) !== value) lost.push(`${name} is ${got.get(name) ?? "absent"}, not ${value}`);
  }
  return lost;
}
