import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type WatchedPage, watchPage } from './page-watch.ts';

const VIEWPORT = { width: 1_360, height: 860 };
const DEADLINE_MS = 60_000;

type Cookies = Awaited<ReturnType<BrowserContext['storageState']>>;

/** An operator at a console with a cache of their own: what a screen costs their browser. */
export class Visit {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #origin: string;

  /** Signs in, and answers what further visits need for being signed in too. */
  static async signIn(browser: Browser, origin: string, name: string, password: string): Promise<Cookies> {
    const visit = await Visit.begin(browser, origin);
    await visit.page.goto(`${origin}/console/`);
    await visit.page.getByLabel('Name').fill(name);
    await visit.page.locator('input[type=password]').fill(password);
    await visit.page.getByRole('button', { name: 'Sign in' }).click();
    await visit.page.getByRole('navigation', { name: 'Screens' }).waitFor();
    const cookies = await visit.#context.storageState();
    await visit.end();
    return cookies;
  }

  /** `storageState`: of `signIn`. Nothing is cached yet. */
  static async begin(browser: Browser, origin: string, storageState?: Cookies): Promise<Visit> {
    const context = await browser.newContext({ viewport: VIEWPORT, ...(storageState === undefined ? {} : { storageState }) });
    await context.addInitScript(watchPage);
    context.setDefaultTimeout(DEADLINE_MS);
    return new Visit(context, await context.newPage(), origin);
  }

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    this.#origin = origin;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.#origin}/console/${path}`);
  }

  /** Opens the overview; answers when its first figures were painted, milliseconds after the navigation began. */
  async drawOverview(): Promise<number> {
    await this.open('overview');
    const drawn = await this.page.waitForFunction(() => (globalThis as unknown as WatchedPage).waybillDrawnMs, undefined, { polling: 20 });
    return (await drawn.jsonValue()) as number;
  }

  /** Milliseconds of each long task since the page was opened, or since this was last asked. */
  async longTasks(): Promise<readonly number[]> {
    return this.page.evaluate(() => (globalThis as unknown as WatchedPage).waybillLongTasks.splice(0));
  }

  async end(): Promise<void> {
    await this.#context.close();
  }
}
