/*
 * What a demonstration shows: a line a step, and one progress bar that is drawn over and over where there is a terminal
 * and every tenth where there is none (a log file, CI). What devices and images say moves no cursor.
 */

import { printable } from "../../modules/text/printable.js";

const barWidth = 30;

export class Screen {
  readonly #out: NodeJS.WriteStream;
  #bar = false;
  #tenth = -1;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  title(text: string): void {
    this.#endBar();
    this.#out.write(`\n${printable(text)}\n\n`);
  }

  fact(name: string, text: string): void {
    this.#endBar();
    this.#out.write(`  ${name.padEnd(12)} ${printable(text)}\n`);
  }

  done(text: string): void {
    this.#endBar();
    this.#out.write(`  ✓ ${printable(text)}\n`);
  }

  trouble(text: string): void {
    this.#endBar();
    this.#out.write(`  ! ${printable(text)}\n`);
  }

  progress(percent: number): void {
    const filled = Math.round((percent / 100) * barWidth);
    const bar = `    ${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${String(percent).padStart(3)} %`;
    if (this.#out.isTTY) {
      this.#out.write(`\r${bar}`);
      this.#bar = true;
      return;
    }
    const tenth = Math.floor(percent / 10);
    if (tenth === this.#tenth) return;
    this.#tenth = tenth;
    this.#out.write(`${bar}\n`);
  }

  #endBar(): void {
    if (this.#bar) this.#out.write("\n");
    this.#bar = false;
    this.#tenth = -1;
  }
}
