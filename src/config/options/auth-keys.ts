import { integer, list, oneOf, optionalText } from '../option.js';

const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
const KEY_ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Which keys sign tokens, and with which algorithm each. */
export const authKeyOptions = {
  jwtSecret: optionalText({
    env: 'WAYBILL_JWT_SECRET',
    secret: true,
    unit: 'text',
    zero: 'generated at first start and kept in the data directory',
    doc: "Shared secret for HMAC tokens: at least as long as its algorithm's output, 32 bytes for HS256. The gateway signs its own tokens with it.",
    check: (value) =>
      Buffer.byteLength(value) >= 32 ? undefined : 'must be at least 32 bytes long; make one with: openssl rand -base64 48',
  }),
  jwtAlgorithm: oneOf({
    env: 'WAYBILL_JWT_ALGORITHM',
    default: 'HS256',
    values: HMAC_ALGORITHMS,
    doc: 'The one algorithm of the shared secret; HS384 needs a secret of 48 bytes, HS512 one of 64.',
  }),
  jwtPublicKeyFile: optionalText({
    env: 'WAYBILL_JWT_PUBLIC_KEY_FILE',
    unit: 'path',
    zero: 'no public keys',
    doc: 'PEM file with one or more public keys (RSA, EC P-256, P-384 or P-521, Ed25519) whose tokens are accepted too, each with one algorithm: RS256, ES256, ES384, ES512 or EdDSA by its kind.',
  }),
  jwtPublicKeyAlgorithms: list({
    env: 'WAYBILL_JWT_PUBLIC_KEY_ALGORITHMS',
    default: [],
    zero: 'each key has the algorithm of its kind, RSA RS256',
    doc: 'Algorithms of the keys in the PEM file, one for each key in the order of the file: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519.',
    check: (value) => (KEY_ALGORITHMS.includes(value) ? undefined : `must be one of ${KEY_ALGORITHMS.join(', ')}`),
  }),
  jwksUrl: optionalText({
    env: 'WAYBILL_JWKS_URL',
    unit: 'URL',
    zero: 'no key set is fetched',
    doc: "Address of the issuer's key set (RFC 7517), whose keys' tokens are accepted too; https, or http on loopback. Redirects are not followed.",
    check: jwksUrlProblem,
  }),
  jwksCacheSeconds: integer({
    env: 'WAYBILL_JWKS_CACHE_S',
    default: 600,
    min: 1,
    max: 86_400,
    unit: 's',
    doc: 'A key that left the key set is refused after this time at the latest; the set is fetched anew a little before.',
  }),
  jwksCooldownSeconds: integer({
    env: 'WAYBILL_JWKS_COOLDOWN_S',
    default: 30,
    min: 1,
    max: 3_600,
    unit: 's',
    doc: 'Shortest time between two fetches of the key set, however many tokens name unknown keys; after failures up to four times as long.',
  }),
  jwksTimeoutMs: integer({
    env: 'WAYBILL_JWKS_TIMEOUT_MS',
    default: 5_000,
    min: 100,
    max: 30_000,
    unit: 'ms',
    doc: 'Longest time for one fetch of the key set.',
  }),
  jwksStaleSeconds: integer({
    env: 'WAYBILL_JWKS_STALE_S',
    default: 86_400,
    min: 1,
    max: 2_592_000,
    unit: 's',
    doc: 'How long the keys that were fetched last go on serving while the key set cannot be fetched.',
  }),
  jwksBytes: integer({
    env: 'WAYBILL_JWKS_BYTES',
    default: 262_144,
    min: 1_024,
    max: 16_777_216,
    unit: 'bytes',
    doc: 'Largest key set that is read.',
  }),
  jwksKeys: integer({
    env: 'WAYBILL_JWKS_KEYS',
    default: 32,
    min: 1,
    max: 1_000,
    unit: 'keys',
    doc: 'Most usable keys in the key set; a token that names no key may be tried with every one of its algorithm.',
  }),
} as const;

function jwksUrlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return 'must be an address such as https://issuer.example/.well-known/jwks.json';
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== '' || password !== '') return 'must not contain a user name or password';
  if (protocol === 'https:') return undefined;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'http:' && isLoopback ? undefined : 'must begin with https://; http:// is for loopback addresses only';
}
