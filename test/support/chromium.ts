import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { toolPath } from './tools.js';

/** Chromium without a window, and without any call home. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: toolPath('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Serves one script and a page that loads it, on an origin of its own. */
export class ScriptPage {
  readonly #server: Server;
  /** Errors that nobody caught in any of the pages. */
  readonly uncaught: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async serving(script: string): Promise<ScriptPage> {
    const server = createServer((request, response) => {
      if (request.url === '/script.js') return response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script);
      if (new URL(request.url ?? '/', 'http://page').pathname !== '/') return response.writeHead(404).end();
      return response
        .setHeader('content-type', 'text/html; charset=utf-8')
        .end('<!doctype html><title>client</title><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptPage(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Opens the page where its script has run. */
  async open(browser: Browser): Promise<Page> {
    const page = await browser.newPage();
    page.on('pageerror', (error) => this.uncaught.push(String(error)));
    await page.goto(this.origin, { waitUntil: 'load' });
    return page;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
