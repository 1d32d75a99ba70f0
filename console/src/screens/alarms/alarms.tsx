import { Accordion, List, Text } from '@mantine/core';
import { useGet } from '../../api/list.ts';
import type { Summary } from '../../api/summary.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { AlarmCard } from './alarm-card.tsx';
import classes from './alarm-card.module.css';
import type { AlarmList } from './alarm.ts';
import { Budgets } from './budgets.tsx';
import { Ended } from './ended.tsx';

const EVERY_MS = 5_000;

export function Screen() {
  const { data, error, refetch } = useGet<AlarmList>('ops/alarms', { state: 'all' }, { refresh: EVERY_MS });
  const { data: summary } = useGet<Summary>('ops/summary', undefined, { refresh: EVERY_MS });
  const active = data?.items.filter(({ state }) => state === 'active');
  const ended = data?.items.filter(({ state }) => state === 'ended');
  return (
    <ScreenFrame
      title="Alarms and SLOs"
      about="What has been wrong for too long, what it affects, and which error budget burns"
      asOf={data?.as_of}
      equivalents={[
        { path: 'ops/alarms', query: { state: 'all' }, cli: 'waybill alarms' },
        { path: 'ops/summary', cli: 'waybill status' },
      ]}
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <Panel title={active === undefined || active.length === 0 ? 'Active' : `Active: ${active.length}`}>
        <ul className={classes['list']} aria-label="Active alarms">
          {active?.map((alarm) => (
            <AlarmCard key={alarm.name} alarm={alarm} />
          ))}
        </ul>
        {active?.length === 0 && <Nothing problems={summary?.problems ?? []} />}
      </Panel>
      <Budgets objectives={summary?.objectives} />
      <Ended alarms={ended} />
      {data !== undefined && <Elsewhere alerts={data.only_by_prometheus} />}
    </ScreenFrame>
  );
}

/** What is wrong at this moment becomes an alarm only when it lasts. */
function Nothing({ problems }: { readonly problems: readonly string[] }) {
  if (problems.length === 0) return <Notice title="No alarm is active" detail="This node looks every five seconds." />;
  return (
    <>
      <Text size="sm">No alarm yet. If it lasts, this becomes one:</Text>
      <List size="sm" className="breakable">
        {problems.map((problem) => (
          <List.Item key={problem}>{problem}</List.Item>
        ))}
      </List>
    </>
  );
}

function Elsewhere({ alerts }: { readonly alerts: AlarmList['only_by_prometheus'] }) {
  return (
    <Accordion variant="contained" transitionDuration={0}>
      <Accordion.Item value="elsewhere">
        <Accordion.Control>
          <Text size="sm">{Object.keys(alerts).length} alerts that need Prometheus</Text>
        </Accordion.Control>
        <Accordion.Panel>
          <List size="sm" spacing={2}>
            {Object.entries(alerts).map(([name, why]) => (
              <List.Item key={name}>
                {name}: <span className="quiet">{why}</span>
              </List.Item>
            ))}
          </List>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
