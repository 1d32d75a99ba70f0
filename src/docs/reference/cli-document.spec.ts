import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { cliDocument } from './cli-document.js';

afterEach(() => vi.unstubAllEnvs());

describe('the command line reference', () => {
  it('does not depend on who makes it', () => {
    const plain = cliDocument();
    for (const [name, value] of [
      ['WAYBILL_PORT', '9123'],
      ['WAYBILL_API_KEY', 'a-secret'],
      ['WAYBILL_DATA_DIR', '/elsewhere'],
      ['FORCE_COLOR', '1'],
      ['COLUMNS', '40'],
    ] as const) {
      vi.stubEnv(name, value);
    }
    expect(cliDocument()).toBe(plain);
    expect(plain).toContain('http://127.0.0.1:8080');
  });

  it('has every command and every exit code', () => {
    const text = cliDocument();
    for (const command of ['serve', 'token', 'pub', 'sub', 'connections', 'doctor']) expect(text).toContain(`\n## waybill ${command}\n`);
    for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^  ${code}  `, 'm'));
  });
});
