import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestGateway } from '../support/gateway.js';

export type Role = 'viewer' | 'operator' | 'admin';

const PASSWORD = 'correct horse battery staple';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What a browser writes for the one refusal that is expected: that nobody has signed in yet. */
const EXPECTED = /^Failed to load resource: .* 401 /;

/** What axe says of a page: the rule, how bad, and where. */
export interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/** One operator at one browser: what they open, and what their browser complained about. */
export class OperatorBrowser {
  /** Policy violations, errors of scripts, and what was written to the browser's console as an error. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    readonly origin: string,
  ) {}

  /** A browser with nobody signed in, at `/console` of the gateway. */
  static async at(
    browser: Browser,
    gateway: TestGateway,
    options: { readonly width?: number; readonly dark?: boolean } = {},
  ): Promise<OperatorBrowser> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1_360, height: 860 },
      colorScheme: options.dark === true ? 'dark' : 'light',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    const operator = new OperatorBrowser(page, context, `http://127.0.0.1:${gateway.port}`);
    page.on('pageerror', (error) => operator.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) operator.complaints.push(message.text());
    });
    return operator;
  }

  /** The same, with an operator of this role signed in, whose account is made if there is none. */
  static async signedIn(
    browser: Browser,
    gateway: TestGateway,
    role: Role,
    options: { readonly width?: number; readonly dark?: boolean } = {},
  ): Promise<OperatorBrowser> {
    const operator = await OperatorBrowser.at(browser, gateway, options);
    await makeOperator(gateway, role);
    await operator.open('');
    await operator.signIn(`the-${role}`, PASSWORD);
    await operator.page.getByRole('navigation', { name: 'Screens' }).waitFor({ state: 'attached' });
    return operator;
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.locator('input[type=password]').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Opens a page by its address, as from a bookmark. */
  async open(path: string): Promise<void> {
    await this.page.goto(`${this.origin}/console/${path}`);
  }

  /** Opens a screen and waits until its heading stands and nothing is asked for any more. */
  async settle(path: string): Promise<void> {
    await this.open(path);
    await this.page.getByRole('heading', { level: 1 }).first().waitFor();
    await this.page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  }

  /** As `settle`, by a link within the page: nothing is loaded anew. */
  async go(path: string): Promise<void> {
    await this.page.evaluate((to) => {
      const { history, dispatchEvent, PopStateEvent } = globalThis as unknown as {
        readonly history: { pushState(state: null, unused: string, url: string): void };
        readonly dispatchEvent: (event: object) => void;
        readonly PopStateEvent: new (type: string) => object;
      };
      history.pushState(null, '', to);
      dispatchEvent(new PopStateEvent('popstate'));
    }, `/console/${path}`);
    await this.page.getByRole('heading', { level: 1 }).first().waitFor();
    await this.page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  }

  /** Names of the buttons of the screen. */
  async buttons(): Promise<readonly string[]> {
    return this.page
      .locator('#content button:not([role=tab])')
      .evaluateAll((found) =>
        found.map((each) => (each.getAttribute('aria-label') ?? each.textContent ?? '').replaceAll(/\s+/g, ' ').trim()),
      );
  }

  /** Findings of axe (WCAG 2.2 A and AA) that it calls serious or critical. */
  async seriousFindings(): Promise<readonly Finding[]> {
    // Through the debugger: the page's own policy runs no script of ours, and must not.
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: readonly AxeViolation[] }> } };
      interface AxeViolation {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { readonly html: string }[];
      }
      const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)) }));
    });
  }

  /** By how many pixels the page is wider than its window. */
  overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** An account of this role, named `the-<role>`. */
export async function makeOperator(gateway: TestGateway, role: Role): Promise<{ readonly name: string; readonly password: string }> {
  const name = `the-${role}`;
  const { status, body } = await gateway.rest('POST', '/api/v1/ops/operators', { name, role, password: PASSWORD });
  if (status !== 201 && status !== 409) throw new Error(`${name} cannot be made: ${status} ${body.message}`);
  return { name, password: PASSWORD };
}
