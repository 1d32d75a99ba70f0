import { endpointsOf } from './endpoints.js';
import { WaybillError } from './errors.js';
import { isFields, text } from './frames.js';
import { callRest } from './rest.js';
import type { TokenCallback } from './token-source.js';

/** A device that proves itself with a key of its own. */
export interface DeviceKey {
  /** Name that it is registered by. */
  readonly id: string;
  /** Ed25519 signature (64 bytes) or HMAC-SHA256 (32 bytes) of these bytes, by the key of the device. */
  readonly sign: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;
  /** Name of the service that it answers, and no other: `WAYBILL_DEVICE_SERVER` of the gateway. Default `waybill`. */
  readonly server?: string;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

const LABEL = 'waybill-device-answer';
const VERSION = '1';

/** What fetches tokens for a device, as the option `token` of a client: each one by a challenge that the device answers. */
export function deviceToken(address: string, device: DeviceKey): TokenCallback {
  const { rest } = endpointsOf(address, '');
  const path = `devices/${encodeURIComponent(device.id)}`;
  const post = async (what: string, body?: object): Promise<(name: string) => string> => {
    const request = { method: 'POST', path: `${path}/${what}`, ...(body === undefined ? {} : { body }) } as const;
    const data = await callRest(rest, request, device.fetch);
    return (name) => (isFields(data) ? text(data[name]) : undefined) ?? '';
  };
  return async () => {
    const challenge = await post('challenge');
    const [version, server] = [challenge('version'), challenge('server')];
    if (version !== VERSION || server !== (device.server ?? 'waybill')) {
      throw new WaybillError(
        'UNAUTHENTICATED',
        `The challenge is of the service "${server}", version "${version}", which this device does not answer`,
      );
    }
    const nonce = challenge('nonce');
    const lines = [LABEL, version, server, device.id, challenge('connection'), nonce, challenge('purpose')];
    const proof = await device.sign(new TextEncoder().encode(lines.join('\n')));
    return (await post('token', { nonce, proof: base64url(proof) }))('token');
  };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
