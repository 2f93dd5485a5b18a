/*
 * A real browser on the hub's page: what a person sees and does there.
 */

import { accessSync, constants } from "node:fs";
import { type Browser, launch, type Page } from "puppeteer-core";

const places = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export function chromium(): string | undefined {
  return places.find((path): path is string => {
    try {
      if (path === undefined) return false;
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** How long something may take to show, ms. */
const patienceMs = 30_000;

export class PageViewer {
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  /** What the page threw, or complained of. */
  readonly complaints: string[] = [];
  readonly page: Page;
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.setDefaultTimeout(patienceMs);
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  static async open(url: string, width = 1280): Promise<PageViewer> {
    // Chromium's own sandbox needs what a container, or root, has not.
    const browser = await launch({ executablePath: chromium(), args: ["--no-sandbox"] });
    const viewer = new PageViewer(browser, await browser.newPage());
    await viewer.page.setViewport({ width, height: 900 });
    await viewer.page.goto(url);
    return viewer;
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** Waits until an element shows the text. */
  async sees(selector: string, text: RegExp): Promise<void> {
    const shown = `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.innerText)`;
    try {
      await this.page.waitForFunction(`${shown}.some((text) => ${text}.test(text))`);
    } catch (error) {
      const texts = (await this.page.evaluate(shown)) as string[];
      throw new Error(`${selector} does not show ${text} but ${JSON.stringify(texts)}: ${String(error)}`);
    }
  }

  /** Presses the button, or the tab, with that text. */
  async press(text: string): Promise<void> {
    await this.page.locator(`button ::-p-text(${text})`).click();
  }
}
