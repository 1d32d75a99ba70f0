import { SegmentedControl, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import type { Device } from './device.ts';
import type { Secret } from './secret-once.tsx';

export type DeviceDeed =
  { readonly kind: 'register' } | { readonly kind: 'key' | 'disable' | 'enable' | 'remove'; readonly device: Device };

interface DeviceDeedsProps {
  readonly deed: DeviceDeed;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
  readonly onSecret: (secret: Secret) => void;
}

interface Made {
  readonly id: string;
  readonly secret?: string;
}

const SAYS = {
  key: 'The present key goes on working for a while (WAYBILL_DEVICE_KEY_OVERLAP_S). The answer holds the new one.',
  disable: 'Its tokens are worth nothing from now on, and its connections end. It can be enabled again.',
  enable: 'It may prove itself again; tokens from before stay worth nothing.',
  remove: 'Its tokens are worth nothing from now on, and its connections end. It has to be registered anew.',
} as const;
const DEEDS = { key: 'Give it a key', disable: 'Disable', enable: 'Enable', remove: 'Remove' } as const;

/** What is done to devices, each after a question. */
export function DeviceDeeds({ deed, onClose, onDone, onSecret }: DeviceDeedsProps) {
  if (deed.kind === 'register') return <Register onClose={onClose} onDone={onDone} onSecret={onSecret} />;
  const { kind, device } = deed;
  const path = `devices/${encodeURIComponent(device.id)}`;
  return (
    <Confirm
      opened
      title={`${DEEDS[kind]}: ${device.id}`}
      deed={DEEDS[kind]}
      danger={kind === 'remove' || kind === 'disable'}
      {...(kind === 'remove' ? { typed: device.id } : {})}
      onClose={onClose}
      onConfirm={async () => {
        if (kind === 'remove') await send('DELETE', path);
        else if (kind === 'key') tell(await send<Made>('POST', `${path}/keys`, { kind: 'hmac' }), onSecret);
        else await send('POST', `${path}/${kind}`);
        await onDone();
      }}
    >
      <Text size="sm">{SAYS[kind]}</Text>
    </Confirm>
  );
}

function tell({ id, secret }: Made, onSecret: (secret: Secret) => void): void {
  if (secret !== undefined) onSecret({ title: `The shared key of ${id}`, secret });
}

function Register({ onClose, onDone, onSecret }: Omit<DeviceDeedsProps, 'deed'>) {
  const [id, setId] = useState('');
  const [user, setUser] = useState('');
  const [kind, setKind] = useState('ed25519');
  const [publicKey, setPublicKey] = useState('');
  const [topics, setTopics] = useState('');
  return (
    <Confirm
      opened
      title="Register a device"
      deed="Register"
      onClose={onClose}
      onConfirm={async () => {
        const subscribe = topics.split(/[\s,]+/).filter((pattern) => pattern !== '');
        const made = await send<Made>('POST', 'devices', {
          id,
          kind,
          ...(user === '' ? {} : { user }),
          ...(kind === 'ed25519' ? { public_key: publicKey } : {}),
          ...(subscribe.length === 0 ? {} : { topics: { subscribe } }),
        });
        tell(made, onSecret);
        await onDone();
      }}
    >
      <TextInput label="Name" data-autofocus value={id} onChange={(event) => setId(event.currentTarget.value)} />
      <TextInput
        label="User"
        description="Whom its tokens stand for"
        placeholder={`device:${id === '' ? 'NAME' : id}`}
        value={user}
        onChange={(event) => setUser(event.currentTarget.value)}
      />
      <TextInput
        label="Topics it may read"
        description="Separated by commas; * stands for any rest of a name"
        placeholder="lamps.*"
        value={topics}
        onChange={(event) => setTopics(event.currentTarget.value)}
      />
      <SegmentedControl
        aria-label="Kind of key"
        value={kind}
        onChange={setKind}
        data={[
          { value: 'ed25519', label: 'It has a key pair' },
          { value: 'hmac', label: 'Make a shared key' },
        ]}
      />
      {kind === 'ed25519' && (
        <Textarea
          label="Public key"
          description="Ed25519: 32 bytes in base64url, or PEM"
          autosize
          minRows={2}
          spellCheck={false}
          value={publicKey}
          onChange={(event) => setPublicKey(event.currentTarget.value)}
        />
      )}
    </Confirm>
  );
}
