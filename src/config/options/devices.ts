import { integer, optionalText, text } from '../option.js';

/** Devices that prove themselves with a key of their own. */
export const deviceOptions = {
  sealingKey: optionalText({
    env: 'WAYBILL_DEVICE_KEY',
    secret: true,
    unit: '32 bytes, base64url',
    zero: 'generated at first start and kept in the data directory',
    doc: 'Key that the shared keys of devices are sealed with in the database; the same on all nodes of one database.',
    check: sealingKeyProblem,
  }),
  previousSealingKey: optionalText({
    env: 'WAYBILL_DEVICE_KEY_PREVIOUS',
    secret: true,
    unit: '32 bytes, base64url',
    zero: 'none',
    doc: 'A second sealing key that is still read; what it sealed is sealed anew at the start.',
    check: sealingKeyProblem,
  }),
  serverName: text({
    env: 'WAYBILL_DEVICE_SERVER',
    default: 'waybill',
    doc: 'Name of this service that devices sign with every answer, so that it is worth nothing at another one.',
    check: (value) => (/^[\x21-\x7e]{1,128}$/.test(value) ? undefined : 'must be 1 to 128 printable characters without spaces'),
  }),
  challengeSeconds: integer({
    env: 'WAYBILL_DEVICE_CHALLENGE_S',
    default: 30,
    min: 1,
    max: 300,
    unit: 's',
    doc: 'How long a challenge may be answered.',
  }),
  challengesPerConnection: integer({
    env: 'WAYBILL_DEVICE_CHALLENGES_PER_CONNECTION',
    default: 3,
    min: 1,
    max: 1_000,
    unit: 'challenges',
    doc: 'Most challenges of one socket that may be answered at the same time.',
  }),
  answersInFlight: integer({
    env: 'WAYBILL_DEVICE_ANSWERS_IN_FLIGHT',
    default: 64,
    min: 1,
    max: 100_000,
    unit: 'answers',
    doc: 'Most answers that a node checks at once; those beyond get UNAVAILABLE.',
  }),
  tokenTtlSeconds: integer({
    env: 'WAYBILL_DEVICE_TOKEN_TTL_S',
    default: 900,
    min: 1,
    max: 86_400,
    unit: 's',
    doc: 'Life of the token that a good answer brings, and of the rights of a socket opened by one; WAYBILL_TOKEN_MAX_TTL_S caps it.',
  }),
  keyOverlapSeconds: integer({
    env: 'WAYBILL_DEVICE_KEY_OVERLAP_S',
    default: 86_400,
    min: 0,
    max: 31_536_000,
    unit: 's',
    zero: 'the old key ends at once',
    doc: 'How long the old key of a device goes on working beside a new one.',
  }),
} as const;

function sealingKeyProblem(value: string): string | undefined {
  const bytes = Buffer.from(value, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === value
    ? undefined
    : 'must be 32 bytes in base64url without padding; make one with: openssl rand 32 | basenc --base64url | tr -d =';
}
