import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Time } from '../../ui/time.tsx';
import { usePaged } from '../../ui/use-paged.ts';
import { Rollback } from './rollback.tsx';
import { type SettingsVersion, written } from './setting.ts';

const EVERY_MS = 5_000;

/** Who changed what is set at run time, and when; with the way back. */
export function Versions({ newest, onDone }: { readonly newest: number; readonly onDone: (says: string) => void }) {
  const may = useMay('admin');
  const [target, setTarget] = useState<number>();
  const { items, error, refetch, onNext, onFirst } = usePaged<SettingsVersion>('ops/settings/versions', {}, { refresh: EVERY_MS });
  const columns: readonly Column<SettingsVersion>[] = [
    { key: 'version', title: 'Version', cell: ({ version }) => (version === newest ? `${version}, in force` : version) },
    { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
    { key: 'actor', title: 'Who', cell: ({ actor }) => <span className="breakable">{actor}</span> },
    { key: 'comment', title: 'Why', wide: true, cell: ({ comment }) => <span className="breakable">{comment}</span> },
    { key: 'overrides', title: 'Set at run time', cell: (version) => <Overrides of={version} /> },
    {
      key: 'back',
      title: '',
      numeric: true,
      cell: ({ version }) =>
        may && version !== newest ? (
          <Button size="compact-xs" variant="default" onClick={() => setTarget(version)}>
            Roll back to {version}
          </Button>
        ) : null,
    },
  ];
  return (
    <>
      <DataTable
        label="Versions of the settings"
        columns={columns}
        rows={items}
        rowKey={({ version }) => String(version)}
        error={error}
        onRetry={() => void refetch()}
        empty={{
          title: 'Nothing was changed at run time yet',
          detail: 'What is in force comes from the environment, the file and the defaults.',
        }}
        onNext={onNext}
        onFirst={onFirst}
      />
      {may && newest > 0 && (
        <Button size="xs" variant="default" w="fit-content" onClick={() => setTarget(0)}>
          Take off everything that was set at run time
        </Button>
      )}
      {target !== undefined && <Rollback version={target} newest={newest} onClose={() => setTarget(undefined)} onDone={onDone} />}
    </>
  );
}

function Overrides({ of: { overrides, temporary } }: { readonly of: SettingsVersion }) {
  const lines = [
    ...Object.entries(overrides).map(([path, value]) => `${path} = ${written(value)}`),
    ...Object.entries(temporary).map(([path, { value }]) => `${path} = ${written(value)}, for a time`),
  ];
  if (lines.length === 0) return <span className="quiet">nothing</span>;
  return lines.map((line) => (
    <div key={line} className="mono breakable">
      {line}
    </div>
  ));
}
