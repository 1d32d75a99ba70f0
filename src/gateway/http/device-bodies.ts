import { z } from 'zod';
import { readPublicKey } from '../../auth/devices/device-proof.js';
import { DEVICE_ID } from '../../auth/devices/device-authentication.js';
import { DEVICE_KEY_KINDS } from '../../auth/devices/device-key.entity.js';
import type { NewDeviceKey } from '../../auth/devices/devices.js';
import { grantClaims, userId } from '../../auth/token-claims.js';
import { Refusal } from '../../protocol/refusal.js';

const strictly = (known: string) => ({
  error: (issue: { readonly code?: string | undefined }) =>
    issue.code === 'unrecognized_keys' ? `has an unknown member; known are ${known}` : `must be an object with ${known}`,
});

const keyMembers = {
  kind: z
    .enum(DEVICE_KEY_KINDS, `must be one of ${DEVICE_KEY_KINDS.join(', ')}`)
    .describe('ed25519: the device keeps its private key; hmac: the answer holds a shared key, this once.'),
  public_key: z
    .string('must be text')
    .max(1_024, 'must be at most 1024 characters')
    .optional()
    .describe('Only with ed25519: the 32 bytes in base64url, or PEM (SPKI).'),
};

/** Body of `POST devices`. */
export const newDeviceBody = z.strictObject(
  {
    id: z
      .string('must be text')
      .regex(DEVICE_ID, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ : -, beginning with a letter or a digit')
      .describe('Name of the device.'),
    user: userId.optional().describe('Whom its tokens stand for; device:<id> where it is left out.'),
    ...keyMembers,
    ...grantClaims,
  },
  strictly('id, user, kind, public_key, roles, topics, users and broadcast'),
);

/** Body of `POST devices/{id}/keys`. */
export const newDeviceKeyBody = z.strictObject(keyMembers, strictly('kind and public_key'));

/** Body of `POST devices/{id}/token`. */
export const deviceTokenBody = z.strictObject(
  {
    nonce: z.string('must be text').min(1, 'must not be empty').max(128, 'must be at most 128 characters').describe('Of the challenge.'),
    proof: z
      .string('must be text')
      .min(1, 'must not be empty')
      .max(512, 'must be at most 512 characters')
      .describe('Ed25519 signature or HMAC-SHA256 of the challenge, base64url without padding.'),
  },
  strictly('nonce and proof'),
);

/** The key that a body asks for. Throws `BAD_REQUEST`. */
export function wantedKey(body: z.infer<typeof newDeviceKeyBody>): NewDeviceKey {
  if (body.kind === 'hmac') {
    if (body.public_key === undefined) return { kind: 'hmac' };
    throw Refusal.badRequest('public_key', 'stands with ed25519 only; the shared key of hmac is made by the server');
  }
  const publicKey = readPublicKey((body.public_key ?? '').trim());
  if (publicKey !== undefined) return { kind: 'ed25519', publicKey };
  throw Refusal.badRequest(
    'public_key',
    'must be an Ed25519 public key: its 32 bytes in base64url without padding, or PEM that begins with -----BEGIN PUBLIC KEY-----',
  );
}
