import { Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useMay } from '../../api/session.ts';
import { useInvalidate } from '../../api/use-invalidate.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import type { Device } from './device.ts';
import { type DeviceDeed, DeviceDeeds } from './device-deeds.tsx';
import { RowActions } from './row-actions.tsx';
import { type Secret, SecretOnce } from './secret-once.tsx';

const EVERY_MS = 10_000;

/** Devices that prove themselves with a key of their own. */
export function DevicesTab() {
  const may = useMay('admin');
  const [deed, setDeed] = useState<DeviceDeed>();
  const [secret, setSecret] = useState<Secret>();
  const invalidate = useInvalidate('devices');
  const { items, error, refetch, onNext, onFirst } = usePaged<Device>('devices', {}, { refresh: EVERY_MS });
  const columns: readonly Column<Device>[] = [
    { key: 'id', title: 'Device', cell: ({ id }) => <span className="mono breakable">{id}</span> },
    {
      key: 'user',
      title: 'User',
      cell: ({ user }) => (
        <Anchor component={Link} to={`/connections?state=all&user=${encodeURIComponent(user)}`} inherit className="breakable">
          {user}
        </Anchor>
      ),
    },
    {
      key: 'state',
      title: 'State',
      cell: ({ state }) => <Status tone={state === 'active' ? 'good' : 'quiet'}>{state}</Status>,
    },
    { key: 'keys', title: 'Keys', wide: true, cell: ({ keys }) => keys.map(({ kind, version }) => `${kind} ${version}`).join(', ') },
    { key: 'seen', title: 'Last seen', numeric: true, cell: ({ last_seen_at: at }) => <Ago at={at} /> },
    { key: 'actions', title: '', numeric: true, cell: (device) => (may ? <Actions of={device} onPick={setDeed} /> : null) },
  ];
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Text size="sm" className="quiet">
          A device answers a challenge with its own key, and gets a short token for it.
        </Text>
        {may && (
          <Button size="xs" onClick={() => setDeed({ kind: 'register' })}>
            Register a device
          </Button>
        )}
      </Group>
      <DataTable
        label="Devices"
        columns={columns}
        rows={items}
        rowKey={({ id }) => id}
        error={error}
        onRetry={() => void refetch()}
        empty={{ title: 'No device is registered', detail: 'Register one here, or with “waybill devices add NAME --hmac”.' }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {deed !== undefined && (
        <DeviceDeeds key={JSON.stringify(deed)} deed={deed} onClose={() => setDeed(undefined)} onDone={invalidate} onSecret={setSecret} />
      )}
      <SecretOnce secret={secret} onClose={() => setSecret(undefined)} />
    </>
  );
}

function Actions({ of: device, onPick }: { readonly of: Device; readonly onPick: (deed: DeviceDeed) => void }) {
  return (
    <RowActions
      of={device.id}
      actions={[
        { label: 'Give it another shared key', onPick: () => onPick({ kind: 'key', device }) },
        device.state === 'active'
          ? { label: 'Disable', onPick: () => onPick({ kind: 'disable', device }) }
          : { label: 'Enable', onPick: () => onPick({ kind: 'enable', device }) },
        { label: 'Remove', danger: true, onPick: () => onPick({ kind: 'remove', device }) },
      ]}
    />
  );
}
