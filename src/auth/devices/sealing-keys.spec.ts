import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testConfig } from '../../../test/support/tokens.js';
import { ConfigError } from '../../config/config-error.js';
import { BrokenSeal, SealingKeys } from './sealing-keys.js';

const [FIRST, SECOND] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
const SECRET = randomBytes(32);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'waybill-seal-'));
  folders.push(made);
  return made;
}

const keys = (env: Readonly<Record<string, string>>): SealingKeys => new SealingKeys(testConfig(env));

describe('a seal', () => {
  it('opens in its own place, and is another each time', () => {
    const sealing = keys({ WAYBILL_DEVICE_KEY: FIRST });
    const [one, two] = [sealing.seal(SECRET, 'here'), sealing.seal(SECRET, 'here')];
    expect([sealing.open(one, 'here'), sealing.open(two, 'here')]).toEqual([SECRET, SECRET]);
    expect(one.bytes).not.toEqual(two.bytes);
    expect(one.bytes.includes(SECRET)).toBe(false);
  });

  it.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['in another place', (bytes) => bytes, 'there'],
    ['with another nonce', (bytes) => changed(bytes, 0), 'here'],
    ['with another text', (bytes) => changed(bytes, 20), 'here'],
    ['with another tag', (bytes) => changed(bytes, bytes.length - 1), 'here'],
    ['cut short', (bytes) => bytes.subarray(0, -1), 'here'],
    ['without a tag', (bytes) => bytes.subarray(0, 12), 'here'],
    ['with nothing in it', () => Buffer.alloc(0), 'here'],
  ])('does not open %s', (_name, change, place) => {
    const sealing = keys({ WAYBILL_DEVICE_KEY: FIRST });
    const sealed = sealing.seal(SECRET, 'here');
    expect(() => sealing.open({ ...sealed, bytes: change(sealed.bytes) }, place)).toThrow(BrokenSeal);
  });

  it('opens with the previous key, and is made with the current one', () => {
    const sealed = keys({ WAYBILL_DEVICE_KEY: FIRST }).seal(SECRET, 'here');
    const both = keys({ WAYBILL_DEVICE_KEY: SECOND, WAYBILL_DEVICE_KEY_PREVIOUS: FIRST });
    expect(both.open(sealed, 'here')).toEqual(SECRET);
    expect(both.seal(SECRET, 'here').with).toBe(keys({ WAYBILL_DEVICE_KEY: SECOND }).current);
    expect(() => keys({ WAYBILL_DEVICE_KEY: SECOND }).open(sealed, 'here')).toThrow(/which this node does not have \(WAYBILL_DEVICE_KEY\)/);
  });

  it('has a key of the data directory, for its owner alone, where none is given', () => {
    const directory = folder();
    const sealed = keys({ WAYBILL_DATA_DIR: directory }).seal(SECRET, 'here');
    const file = join(directory, 'device-key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')).toHaveLength(32);
    expect(keys({ WAYBILL_DATA_DIR: directory }).open(sealed, 'here')).toEqual(SECRET);
  });

  it('does not begin with a file that is no key', () => {
    const directory = folder();
    writeFileSync(join(directory, 'device-key'), 'x'.repeat(50));
    expect(() => keys({ WAYBILL_DATA_DIR: directory })).toThrow(ConfigError);
  });

  it.each(['', 'short', randomBytes(31).toString('base64url'), randomBytes(32).toString('hex'), `${FIRST}=`])(
    'does not begin with the option %j, except where it is left out',
    (value) => {
      const start = (): SealingKeys => keys({ WAYBILL_DEVICE_KEY: value, WAYBILL_DATA_DIR: folder() });
      if (value === '') expect(start).not.toThrow();
      else expect(start).toThrow(/32 bytes in base64url/);
    },
  );
});

function changed(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(index) ^ 1, index);
  return copy;
}
