import type { Browser, JSHandle, Page } from 'playwright-core';
import { ScriptPage, launchChromium } from '../support/chromium.js';
import { bundle } from './bundle.js';
import { ClientProbe, type ProbeOptions } from './client-probe.js';

/** A probe wherever it runs. `work` is sent there as text: it may use its arguments and nothing else of the test. */
export interface RemoteProbe {
  run<R, A>(work: (probe: ClientProbe, argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

/** Where clients run: this process, or pages of a browser. */
export interface ProbeHost {
  /** Of the pages; undefined where there are none. */
  readonly origin: string | undefined;
  /** Errors that nobody caught. */
  readonly uncaught: readonly string[];
  open(options: ProbeOptions & { readonly token: string }): Promise<RemoteProbe>;
  /** Ends the clients that were opened since the last call. */
  closeProbes(): Promise<void>;
  close(): Promise<void>;
}

export class NodeHost implements ProbeHost {
  readonly origin = undefined;
  readonly uncaught: string[] = [];
  readonly #probes: ClientProbe[] = [];
  readonly #note = (thrown: unknown): void => void this.uncaught.push(String(thrown));

  constructor() {
    process.on('unhandledRejection', this.#note);
  }

  open(options: ProbeOptions): Promise<RemoteProbe> {
    const probe = new ClientProbe(options);
    this.#probes.push(probe);
    return Promise.resolve({ run: async (work, argument) => work(probe, argument) });
  }

  closeProbes(): Promise<void> {
    for (const probe of this.#probes.splice(0)) probe.client.close();
    return Promise.resolve();
  }

  close(): Promise<void> {
    process.off('unhandledRejection', this.#note);
    return Promise.resolve();
  }
}

interface PageGlobals {
  readonly ClientProbe: typeof ClientProbe;
  readonly freshToken: (reason: string) => Promise<string>;
}

export class ChromiumHost implements ProbeHost {
  readonly #pages: Page[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly served: ScriptPage,
  ) {}

  static async start(): Promise<ChromiumHost> {
    const { code } = await bundle('test-page');
    const served = await ScriptPage.serving(code);
    return new ChromiumHost(await launchChromium(), served);
  }

  get origin(): string {
    return this.served.origin;
  }

  get uncaught(): readonly string[] {
    return this.served.uncaught;
  }

  async open(options: ProbeOptions & { readonly token: string }): Promise<RemoteProbe> {
    const page = await this.openPage();
    return this.probeIn(page, options);
  }

  async openPage(): Promise<Page> {
    const page = await this.served.open(this.browser);
    this.#pages.push(page);
    return page;
  }

  async probeIn(page: Page, options: ProbeOptions & { readonly token: string }): Promise<RemoteProbe> {
    return remote(
      await page.evaluateHandle((given) => {
        const globals = globalThis as unknown as PageGlobals;
        return new globals.ClientProbe(given);
      }, options),
    );
  }

  /** A probe whose tokens come from the test, by a callback as an application's page would have it. */
  async probeWithCallback(page: Page, address: string, fetchToken: (reason: string) => Promise<string>): Promise<RemoteProbe> {
    await page.exposeFunction('freshToken', fetchToken);
    return remote(
      await page.evaluateHandle((given) => {
        const globals = globalThis as unknown as PageGlobals;
        return new globals.ClientProbe({ address: given, token: (reason) => globals.freshToken(reason) });
      }, address),
    );
  }

  async closeProbes(): Promise<void> {
    for (const page of this.#pages.splice(0)) await page.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.served.close();
  }
}

function remote(handle: JSHandle<ClientProbe>): RemoteProbe {
  return {
    run: <R, A>(work: (probe: ClientProbe, argument: A) => R | Promise<R>, argument: A): Promise<R> =>
      // Playwright's own type of such a function says the same in a form that generics do not match.
      handle.evaluate(work as never, argument as never),
  };
}
