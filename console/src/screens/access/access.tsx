import { Tabs } from '@mantine/core';
import type { ComponentType } from 'react';
import { type Role, useMay } from '../../api/session.ts';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { BlocksTab } from './blocks-tab.tsx';
import { DevicesTab } from './devices-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import { OperatorsTab } from './operators-tab.tsx';
import { RevocationsTab } from './revocations-tab.tsx';

interface Section {
  readonly tab: string;
  readonly title: string;
  readonly role: Role;
  readonly path: string;
  readonly cli?: string;
  readonly Tab: ComponentType;
}

const SECTIONS: readonly Section[] = [
  { tab: 'keys', title: 'API keys', role: 'admin', path: 'auth/keys', cli: 'waybill keys list --all', Tab: KeysTab },
  { tab: 'operators', title: 'Operators', role: 'admin', path: 'ops/operators', cli: 'waybill operators list', Tab: OperatorsTab },
  { tab: 'devices', title: 'Devices', role: 'viewer', path: 'devices', cli: 'waybill devices list', Tab: DevicesTab },
  { tab: 'blocks', title: 'Blocked users', role: 'viewer', path: 'auth/blocks', cli: 'waybill blocks', Tab: BlocksTab },
  {
    tab: 'revocations',
    title: 'Revoked tokens',
    role: 'viewer',
    path: 'auth/revocations',
    cli: 'waybill revocations',
    Tab: RevocationsTab,
  },
];

export function Screen() {
  const isAdmin = useMay('admin');
  const shown = SECTIONS.filter(({ role }) => role === 'viewer' || isAdmin);
  const [state, change] = useUrlState({ tab: shown[0]?.tab ?? '', user: '', kind: '', cursor: '' });
  const current = shown.find(({ tab }) => tab === state.tab) ?? shown[0];
  if (current === undefined) return null;
  const { path, cli } = current;
  return (
    <ScreenFrame
      title="Keys and operators"
      name={current.title}
      about="Who and what may enter, and who is kept out"
      equivalents={[{ path, query: { user: state.user, kind: state.kind }, ...(cli === undefined ? {} : { cli }) }]}
    >
      <Tabs value={current.tab} onChange={(tab) => change({ tab: tab ?? current.tab, user: '', kind: '', cursor: '' })} keepMounted={false}>
        <Tabs.List mb="md">
          {shown.map(({ tab, title }) => (
            <Tabs.Tab key={tab} value={tab}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {shown.map(({ tab, Tab }) => (
          <Tabs.Panel key={tab} value={tab}>
            <Tab />
          </Tabs.Panel>
        ))}
      </Tabs>
    </ScreenFrame>
  );
}
