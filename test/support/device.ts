import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { RestAnswer, TestGateway } from './gateway.js';

/** What a challenge says, by REST and in a frame. */
export interface Challenge {
  readonly version: string;
  readonly server: string;
  readonly connection: string;
  readonly purpose: string;
  readonly nonce: string;
  readonly expires_at: number;
}

/** What makes proofs. Written from docs/devices.md, not from the part under test. */
export interface DeviceSigner {
  readonly id: string;
  proof(bytes: Buffer): string;
}

/** The text that a device signs. */
export function signedText(
  id: string,
  { version, server, connection, nonce, purpose }: Challenge,
  label = 'waybill-device-answer',
): Buffer {
  return Buffer.from([label, version, server, id, connection, nonce, purpose].join('\n'));
}

export function answerOf(device: DeviceSigner, challenge: Challenge): { readonly nonce: string; readonly proof: string } {
  return { nonce: challenge.nonce, proof: device.proof(signedText(device.id, challenge)) };
}

export function hmacSigner(id: string, secret: string | Buffer): DeviceSigner {
  const key = typeof secret === 'string' ? Buffer.from(secret, 'base64url') : secret;
  return { id, proof: (bytes) => createHmac('sha256', key).update(bytes).digest('base64url') };
}

export function ed25519Signer(id: string, privateKey: KeyObject): DeviceSigner {
  return { id, proof: (bytes) => sign(null, bytes, privateKey).toString('base64url') };
}

/** A name that no other test has. */
export function deviceName(): string {
  return `d-${randomBytes(6).toString('hex')}`;
}

/** Registers a device with a shared key and answers what makes its proofs. */
export async function registerHmac(gateway: TestGateway, id = deviceName(), more: object = {}): Promise<DeviceSigner> {
  const made = await gateway.rest('POST', '/api/v1/devices', { id, kind: 'hmac', ...more });
  if (made.status !== 201) throw new Error(`${id} was not registered: ${JSON.stringify(made.body)}`);
  return hmacSigner(id, (made.body.data as { secret: string }).secret);
}

/** Registers a device with an Ed25519 key and answers what makes its proofs. */
export async function registerEd25519(gateway: TestGateway, id = deviceName(), more: object = {}): Promise<DeviceSigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const made = await gateway.rest('POST', '/api/v1/devices', {
    id,
    kind: 'ed25519',
    public_key: publicKey.export({ format: 'jwk' }).x,
    ...more,
  });
  if (made.status !== 201) throw new Error(`${id} was not registered: ${JSON.stringify(made.body)}`);
  return ed25519Signer(id, privateKey);
}

/** A call without any credential, as a device makes it. */
export async function callAsDevice(gateway: TestGateway, path: string, body?: object): Promise<RestAnswer> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/devices/${path}`, {
    method: 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as RestAnswer['body'] };
}

export async function challengeFor(gateway: TestGateway, id: string): Promise<Challenge> {
  return (await callAsDevice(gateway, `${id}/challenge`)).body.data;
}

/** A challenge by REST, answered. */
export async function prove(gateway: TestGateway, device: DeviceSigner): Promise<RestAnswer> {
  return callAsDevice(gateway, `${device.id}/token`, answerOf(device, await challengeFor(gateway, device.id)));
}

export async function tokenOf(gateway: TestGateway, device: DeviceSigner): Promise<string> {
  const answer = await prove(gateway, device);
  if (answer.status !== 201) throw new Error(`${device.id} got no token: ${JSON.stringify(answer.body)}`);
  return (answer.body.data as { token: string }).token;
}
