import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { Secrets } from './secrets.js';

let parent: string;
let directory: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'waybill-secrets-'));
  directory = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true }));

function start(env: Readonly<Record<string, string>> = {}): Secrets {
  return new Secrets(Config.from({ WAYBILL_DATA_DIR: directory, ...env }));
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('the first start', () => {
  it('makes a secret and a key, for their owner alone, in a directory that others can pass', () => {
    const secrets = start();
    expect(secrets.jwtSecret.byteLength).toBeGreaterThanOrEqual(32);
    expect(secrets.apiKey).toMatch(/^wbk_[A-Za-z0-9_-]{43}$/);
    expect(secrets.generatedApiKey).toBe(secrets.apiKey);
    expect([modeOf(directory), modeOf(join(directory, 'jwt-secret')), modeOf(join(directory, 'api-key'))]).toEqual(['711', '600', '600']);
    expect(readdirSync(directory).sort()).toEqual(['api-key', 'jwt-secret']);
  });

  it('makes the same modes under a strict umask', () => {
    const before = process.umask(0o077);
    try {
      start();
    } finally {
      process.umask(before);
    }
    expect(modeOf(directory)).toBe('711');
  });

  it('makes other ones for another directory', () => {
    const first = start();
    directory = join(parent, 'other');
    expect(start().apiKey).not.toBe(first.apiKey);
  });

  it('leaves the mode of a directory that was there', () => {
    mkdirSync(directory, { mode: 0o750 });
    chmodSync(directory, 0o750);
    start();
    expect(modeOf(directory)).toBe('750');
  });
});

describe('a later start', () => {
  it('keeps them, and does not print the key again', () => {
    const first = start();
    const second = start();
    expect([second.apiKey, Buffer.from(second.jwtSecret).toString(), second.generatedApiKey]).toEqual([
      first.apiKey,
      Buffer.from(first.jwtSecret).toString(),
      undefined,
    ]);
  });

  it('makes files private that became readable', () => {
    start();
    chmodSync(join(directory, 'api-key'), 0o644);
    start();
    expect(modeOf(join(directory, 'api-key'))).toBe('600');
  });

  it.each([
    ['jwt-secret', '', 'WAYBILL_JWT_SECRET'],
    ['jwt-secret', 'only 31 bytes are in this secret\n'.slice(1), 'WAYBILL_JWT_SECRET'],
    ['api-key', 'short\n', 'WAYBILL_API_KEY'],
  ])('refuses %s with %j', (name, content, option) => {
    mkdirSync(directory);
    writeFileSync(join(directory, name), content);
    expect(() => start()).toThrow(ConfigError);
    expect(() => start()).toThrow(option);
  });

  it('says what to do where the directory is none', () => {
    writeFileSync(directory, '');
    expect(() => start()).toThrow(/WAYBILL_DATA_DIR/);
  });
});

describe('settings', () => {
  const given = { WAYBILL_JWT_SECRET: 'x'.repeat(32), WAYBILL_API_KEY: 'k'.repeat(16) };

  it('come first, and then nothing is written', () => {
    const secrets = start(given);
    expect([secrets.apiKey, secrets.generatedApiKey, Buffer.from(secrets.jwtSecret).toString()]).toEqual([
      given.WAYBILL_API_KEY,
      undefined,
      given.WAYBILL_JWT_SECRET,
    ]);
    expect(existsSync(directory)).toBe(false);
  });

  it.each([
    ['WAYBILL_JWT_SECRET', 'x'.repeat(31)],
    ['WAYBILL_API_KEY', 'k'.repeat(15)],
    ['WAYBILL_API_KEY', 'with a space in it'],
    ['WAYBILL_API_KEY', 'looks.like.a-token'],
  ])('refuse the start for a weak or impossible %s', (name, value) => {
    expect(() => start({ ...given, [name]: value })).toThrow(name);
  });
});
