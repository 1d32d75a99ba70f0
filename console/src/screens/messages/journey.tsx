import { IconBroadcast, IconDatabase, IconSend, IconUsers } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { count, duration } from '../../ui/format.ts';
import classes from './journey.module.css';
import { LogStop, NodesStop, PublisherStop, RecipientsStop } from './journey-stops.tsx';
import { fanOut, type Leg, nodesOf, storing } from './stages.ts';
import { verdictOf } from './verdict.ts';
import type { Waybill } from './waybill-answer.ts';

/** The message's way from its publisher to its recipients, with how long each part of it took. */
export function Journey({ waybill }: { readonly waybill: Waybill }) {
  const { origin, nodes } = waybill;
  const stored = waybill.origin?.stored_at !== undefined || waybill.origin === null;
  return (
    <ol className={classes['journey']} aria-label="Way of the message">
      <Stop icon={<IconSend size={17} stroke={1.7} />} label="Published by" leg={storing(origin)} legIs="until stored">
        <PublisherStop origin={origin} />
      </Stop>
      <Stop
        icon={<IconDatabase size={17} stroke={1.7} />}
        label={stored ? 'Log' : 'Buffer in memory'}
        leg={fanOut(origin, nodes)}
        legIs="until handed out"
      >
        <LogStop waybill={waybill} />
      </Stop>
      <Stop icon={<IconBroadcast size={17} stroke={1.7} />} label={nodesLabel(waybill)} leg={{ kind: 'unknown' }}>
        <NodesStop waybill={waybill} />
      </Stop>
      <Stop icon={<IconUsers size={17} stroke={1.7} />} label="Recipients" tone={verdictOf(waybill).tone}>
        <RecipientsStop waybill={waybill} />
      </Stop>
    </ol>
  );
}

const TONES = {
  good: 'var(--waybill-good)',
  warn: 'var(--waybill-warn)',
  bad: 'var(--waybill-bad)',
  quiet: 'var(--waybill-quiet)',
  accent: '',
};

interface StopProps {
  readonly icon: ReactNode;
  readonly label: string;
  /** To the next stop; absent at the last. */
  readonly leg?: Leg;
  readonly legIs?: string;
  readonly tone?: keyof typeof TONES;
  readonly children: ReactNode;
}

function Stop({ icon, label, leg, legIs, tone, children }: StopProps) {
  const text = leg === undefined ? undefined : legWords(leg);
  const style = tone === undefined || tone === 'accent' ? {} : ({ '--tone': TONES[tone] } as Record<string, string>);
  return (
    <li className={classes['stop']} style={style}>
      <div className={classes['rail']} aria-hidden>
        <span className={classes['mark']}>{icon}</span>
        {leg !== undefined && (
          <span className={classes['line']} data-kind={leg.kind}>
            {text !== undefined && <span className={`${classes['leg'] ?? ''} tabular`}>{text}</span>}
          </span>
        )}
      </div>
      <div className={classes['label']}>{label}</div>
      {children}
      {text !== undefined && (
        <div className={classes['upright']}>
          {text} {legIs}
        </div>
      )}
    </li>
  );
}

function legWords(leg: Leg): string | undefined {
  switch (leg.kind) {
    case 'exact':
      return leg.ms < 1 ? 'under 1 ms' : duration(leg.ms);
    case 'atMost':
      return `within ${duration(Math.max(1, leg.ms))}`;
    case 'unknown':
      return undefined;
  }
}

function nodesLabel(waybill: Waybill): string {
  const { length } = nodesOf(waybill);
  return length === 1 ? 'Handed out by' : `Handed out by ${length === 0 ? 'no node' : `${count(length)} nodes`}`;
}
