import { isValid } from '../../auth/devices/device-directory.js';
import type { DeviceKey } from '../../auth/devices/device-key.entity.js';
import type { DeviceRecord } from '../../auth/devices/devices.js';

/** A device as REST shows it: no secret is in it. */
export function deviceView({ device, keys }: DeviceRecord): object {
  const { id, user, roles, grants, createdAt, disabledAt, lastSeenAt } = device;
  return {
    id,
    user,
    roles,
    topics: grants.topics,
    users: grants.users,
    broadcast: grants.broadcast,
    state: disabledAt === null ? 'active' : 'disabled',
    created_at: createdAt.getTime(),
    disabled_at: disabledAt?.getTime(),
    last_seen_at: lastSeenAt?.getTime(),
    keys: keys.map((key, index) => keyView(key, index)),
  };
}

function keyView(key: DeviceKey, index: number): object {
  const { id, kind, publicKey, createdAt, expiresAt } = key;
  return {
    id,
    kind,
    public_key: publicKey?.toString('base64url'),
    version: !isValid(key) ? 'expired' : index === 0 ? 'current' : 'previous',
    created_at: createdAt.getTime(),
    expires_at: expiresAt?.getTime(),
  };
}
