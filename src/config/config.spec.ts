import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';
import { parseConfigFile } from './config-file.js';
import { type Option, Problem } from './option.js';
import { SCHEMA } from './schema.js';

const OPTIONS: readonly (readonly [path: string, option: Option<unknown>])[] = Object.entries(SCHEMA).flatMap(([section, options]) =>
  Object.entries(options).map(([name, option]) => [`${section}.${name}`, option as Option<unknown>] as const),
);

function problemsOf(env: Record<string, string>, file: unknown = {}): readonly string[] {
  try {
    Config.from(env, file);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the schema', () => {
  it.each(OPTIONS)('%s has a default that it would itself accept', (_path, option) => {
    if (option.default === undefined) return;
    const { default: value } = option;
    expect(option.parse(value)).toEqual(value);
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string')
      expect(option.parse(String(value))).toBe(value);
  });

  it.each(OPTIONS)('%s is documented', (_path, option) => {
    expect(option.env).toMatch(/^(?:WAYBILL_[A-Z0-9_]+|DATABASE_URL|REDIS_URL|OTEL_[A-Z_]+)$/);
    expect(option.doc).toMatch(/^\S.*\.$/);
    expect(option.unit).not.toBe('');
    expect(option.zero).not.toBe('');
  });

  it('gives every option an environment variable of its own', () => {
    const names = OPTIONS.map(([, option]) => option.env);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(OPTIONS)('%s says what zero means where zero is allowed, and only there', (_path, option) => {
    const allowed = typeof option.default === 'number' && !(option.parse(0) instanceof Problem);
    if (typeof option.default === 'number') expect(option.zero !== 'not allowed').toBe(allowed);
  });
});

describe('Config.from', () => {
  it('has the documented defaults where nothing is set', () => {
    const config = Config.from({});
    expect(config.server).toMatchObject({ port: 8080, opsPort: 9464, dataDir: '.waybill' });
    expect(config.gateway).toMatchObject({ frameBytes: 65_536, jsonDepth: 32, topicsPerConnection: 128 });
    expect(config.storage.databaseUrl).toBeUndefined();
  });

  it('takes the environment before the file before the default', () => {
    const file = { server: { port: 1111, opsPort: 2222 } };
    const { server } = Config.from({ WAYBILL_PORT: '3333' }, file);
    expect(server).toMatchObject({ port: 3333, opsPort: 2222, host: '0.0.0.0' });
  });

  it('names every mistake at once, with the value, the rule and the meaning', () => {
    expect(problemsOf({ WAYBILL_PORT: '80a', WAYBILL_LOG_PRETTY: 'yes' }, { gateway: { jsonDepth: 1 } })).toEqual([
      'WAYBILL_PORT: "80a" must be a whole number from 0 to 65535. Public port: WebSocket, REST and documents.',
      'WAYBILL_LOG_PRETTY: "yes" must be true or false. Human-readable logs; also chosen when standard output is a terminal.',
      'gateway.jsonDepth in waybill.yaml: 1 must be a whole number from 4 to 256. Deepest nesting of JSON that is accepted.',
    ]);
  });

  it.each([
    [{ WAYBILL_PROT: '1' }, {}, 'WAYBILL_PROT: no such option; did you mean WAYBILL_PORT.'],
    [{ WAYBILL_SOMETHING_ELSE: '1' }, {}, 'WAYBILL_SOMETHING_ELSE: no such option. '],
    [{}, { gatewy: {} }, 'gatewy in waybill.yaml: no such section; did you mean gateway.'],
    [{}, { gateway: { frameByte: 1 } }, 'gateway.frameByte in waybill.yaml: no such option; did you mean frameBytes.'],
    [{}, { gateway: 5 }, 'gateway in waybill.yaml: must be a map of options.'],
    [{}, { gateway: null }, 'gateway in waybill.yaml: must be a map of options.'],
    [{}, ['gateway'], 'waybill.yaml: must be a map of sections'],
    [{}, 'gateway', 'waybill.yaml: must be a map of sections'],
    [{}, { gateway: { frameBytes: null } }, 'gateway.frameBytes in waybill.yaml: null must be a whole number'],
    [{}, JSON.parse('{"__proto__":{"port":1}}'), '__proto__ in waybill.yaml: no such section'],
    [{}, { server: { constructor: 1 } }, 'server.constructor in waybill.yaml: no such option'],
    ...['10.0.0.0/33', '10.0.0', '::/129', '10.0.0.0/8/8', '10.0.0.0/', 'proxy', 'fe80::1%eth0'].map((proxy): [object, object, string] => [
      { WAYBILL_TRUSTED_PROXIES: `127.0.0.1,2001:db8::/32,${proxy}` },
      {},
      `has an item "${proxy}" that is neither an IP address nor a network`,
    ]),
    [{ WAYBILL_PORT: '9000', WAYBILL_OPS_PORT: '9000' }, {}, 'WAYBILL_PORT, WAYBILL_OPS_PORT: both are 9000.'],
    [
      { WAYBILL_TOKEN_TTL_S: '100', WAYBILL_TOKEN_MAX_TTL_S: '50' },
      {},
      'WAYBILL_TOKEN_TTL_S: 100 is more than WAYBILL_TOKEN_MAX_TTL_S (50).',
    ],
    [{ WAYBILL_DB_POOL: '4', WAYBILL_DB_POOL_MIN: '5' }, {}, 'WAYBILL_DB_POOL_MIN: 5 is more than WAYBILL_DB_POOL (4).'],
  ])('refuses %j with file %j: %s', (env, file, sentence) => {
    const [first, ...others] = problemsOf(env, file);
    expect(first).toContain(sentence);
    expect(others).toEqual([]);
  });

  it('lets both ports be chosen freely', () => {
    expect(problemsOf({ WAYBILL_PORT: '0', WAYBILL_OPS_PORT: '0' })).toEqual([]);
  });

  it('ignores the environment of other programs, and nothing inherited from objects', () => {
    expect(problemsOf({ PATH: '/bin', WAY_BILL: '1' }, {})).toEqual([]);
    expect(problemsOf({}, null)).toEqual([]);
    expect(problemsOf({}, undefined)).toEqual([]);
  });

  it.each(OPTIONS.filter(([, option]) => option.secret))('never shows the value of %s', (path, option) => {
    const secret = 'hush!';
    const [section, name] = path.split('.') as [string, string];
    for (const problems of [problemsOf({ [option.env]: secret }), problemsOf({}, { [section]: { [name]: [secret] } })]) {
      expect(problems).toHaveLength(1);
      expect(problems.join()).not.toContain(secret);
      expect(problems.join()).toContain('its value');
    }
  });

  it('cannot be changed afterwards', () => {
    expect(() => Object.assign(Config.from({}), { server: {} })).toThrow(TypeError);
  });
});

describe('withGateway', () => {
  it('changes what it names, beyond what options allow too, and remembers where the rest comes from', () => {
    const config = Config.from({ WAYBILL_FRAME_BYTES: '2048' });
    const changed = config.withGateway({ frameBytes: 16_777_216 });
    expect(changed.gateway).toEqual({ ...config.gateway, frameBytes: 16_777_216 });
    expect([changed.atStart, changed.sourceOf('gateway.frameBytes'), changed.server]).toEqual([changed, 'environment', config.server]);
    expect(config.gateway.frameBytes).toBe(2_048);
  });
});

describe('Config.load', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'waybill-config-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('reads the file that WAYBILL_CONFIG names', () => {
    const path = join(directory, 'good.yaml');
    writeFileSync(path, 'server:\n  port: 1234\n  allowedOrigins:\n    - https://app.example.com\n');
    expect(Config.load({ WAYBILL_CONFIG: path }).server).toMatchObject({ port: 1234, allowedOrigins: ['https://app.example.com'] });
  });

  it('takes an empty file', () => {
    const path = join(directory, 'empty.yaml');
    writeFileSync(path, '# nothing\n');
    expect(Config.load({ WAYBILL_CONFIG: path }).server.port).toBe(8080);
  });

  it('says which file it cannot read', () => {
    expect(() => Config.load({ WAYBILL_CONFIG: join(directory, 'none.yaml') })).toThrow(
      /^WAYBILL_CONFIG: .*none\.yaml cannot be read \(ENOENT.*Name an existing YAML file or unset it\.$/,
    );
  });
});

describe('parseConfigFile', () => {
  it.each([
    ['auth:\n  jwtSecret: "hush\n', 'file.yaml: not valid YAML at line 3'],
    ['auth:\n\tjwtSecret: hush\n', 'file.yaml: not valid YAML at line 2'],
    ['auth: {jwtSecret: hush\nserver: x', 'file.yaml: not valid YAML at line'],
    ['auth:\n  jwtSecret: *hush\n', 'file.yaml: not valid YAML: an alias'],
    ['auth: 1\nauth: hush\n', 'file.yaml: not valid YAML at line 2'],
  ])('tells the place of the fault in %j and shows nothing of the text', (content, sentence) => {
    let message = '';
    try {
      parseConfigFile(content, 'file.yaml');
    } catch (error) {
      message = (error as ConfigError).message;
    }
    expect(message).toContain(sentence);
    expect(message).not.toContain('hush');
  });
});
