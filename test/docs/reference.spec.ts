import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderedJson } from '../../src/docs/reference/ordered-json.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

const OPEN_API = 'docs/reference/openapi.json';
const ASYNC_API = 'docs/reference/asyncapi.json';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

async function served(path: string): Promise<string> {
  return orderedJson(await (await fetch(`http://127.0.0.1:${gateway.port}${path}`)).json());
}

describe('the documents in docs/reference', () => {
  it('have the REST interface that a gateway serves', async () => {
    const text = await served('/api/docs-json');
    // Only a whole gateway with its database knows all of its routes, so this file is written here and not by "npm run docs".
    if (process.env['UPDATE'] === '1') writeFileSync(OPEN_API, text);
    const committed = existsSync(OPEN_API) ? readFileSync(OPEN_API, 'utf8') : '';
    expect(committed, `${OPEN_API} is not current. Write it with: UPDATE=1 npx vitest run test/docs/reference.spec.ts`).toBe(text);
  });

  it('have the socket that a gateway serves', async () => {
    const committed = readFileSync(ASYNC_API, 'utf8');
    expect(committed, `${ASYNC_API} is not current. Write it with: npm run docs`).toBe(await served('/api/asyncapi.json'));
  });
});

describe.each(['docs/reference/client.md', 'docs/reference/cli.md', 'docs/examples.md', 'client/README.md'])('%s', (path) => {
  const text = readFileSync(path, 'utf8');

  it('links only to files and headings that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)#\s]*)(#[^)\s]+)?\)/g)].map(([, file = '', anchor]) => ({ file, anchor }));
    const anchors = new Set(
      [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => `#${heading.toLowerCase().replaceAll(/[^\w -]/g, '')}`),
    );
    const missing = targets.filter(({ file, anchor }) => (file === '' ? !anchors.has(anchor ?? '') : !existsSync(join(path, '..', file))));
    expect(missing).toEqual([]);
  });
});
