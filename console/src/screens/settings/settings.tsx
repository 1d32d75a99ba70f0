import { Alert, Tabs } from '@mantine/core';
import { useState } from 'react';
import { useGet } from '../../api/list.ts';
import { shellWord } from '../../ui/commands.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { ChangeSetting } from './change-setting.tsx';
import { Effective } from './effective.tsx';
import { type SettingList, shownSection } from './setting.ts';
import { Versions } from './versions.tsx';

const EVERY_MS = 10_000;

export function Screen() {
  const [state, change] = useUrlState({ tab: 'effective', search: '', show: 'all', section: '', edit: '', cursor: '' });
  const [says, setSays] = useState('');
  const { data, error, refetch } = useGet<SettingList>('ops/settings', undefined, { refresh: EVERY_MS });
  const edited = data?.items.find(({ path, live }) => path === state.edit && live);
  const done = (sentence: string) => {
    setSays(sentence);
    change({ edit: '' });
  };
  return (
    <ScreenFrame
      title="Settings"
      about="What is in force on this node, where each value comes from, and who changed it"
      asOf={data?.as_of}
      equivalents={[
        { path: 'ops/settings', cli: commandOf(state.show, state.search) },
        { path: 'ops/settings/versions', cli: 'waybill settings history' },
        {
          path: 'ops/settings',
          method: 'PATCH',
          body: { set: { 'server.logLevel': 'debug' }, for_s: 600 },
          cli: 'waybill settings set server.logLevel debug --for 10m',
        },
        {
          path: 'ops/settings/rollback',
          method: 'POST',
          body: { version: 0, dry_run: true },
          cli: 'waybill settings rollback 0 --dry-run',
        },
      ]}
    >
      {says !== '' && (
        <Alert color="teal" role="status" withCloseButton closeButtonLabel="Dismiss" onClose={() => setSays('')}>
          {says}
        </Alert>
      )}
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <Tabs value={state.tab} onChange={(tab) => change({ tab: tab ?? 'effective', cursor: '' })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="effective">In force</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="effective">
          <Effective
            items={data?.items}
            values={{ ...state, section: shownSection(state) }}
            onFilter={change}
            onChange={(path) => change({ edit: path })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="versions">{data !== undefined && <Versions newest={data.version} onDone={done} />}</Tabs.Panel>
      </Tabs>
      {edited !== undefined && data !== undefined && (
        <ChangeSetting key={edited.path} setting={edited} version={data.version} onClose={() => change({ edit: '' })} onDone={done} />
      )}
    </ScreenFrame>
  );
}

function commandOf(show: string, search: string): string {
  if (/^\w+\.\w+$/.test(search)) return `waybill settings get ${shellWord(search)}`;
  return show === 'live'
    ? 'waybill settings list --live --all'
    : show === 'changed'
      ? 'waybill settings list'
      : 'waybill settings list --all';
}
