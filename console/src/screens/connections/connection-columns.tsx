import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Column } from '../../ui/data-table.tsx';
import { bytes, count, duration, NOTHING } from '../../ui/format.ts';
import { Ago } from '../../ui/time.tsx';
import { CloseCell } from './close-cell.tsx';
import { type ConnectionItem, connectionPath } from './connection-item.ts';
import { StateCell } from './state-cell.tsx';
import { initiatorWord } from './close-words.ts';
import classes from './connection-columns.module.css';

type ConnectionColumn = Column<ConnectionItem>;

const USER: ConnectionColumn = {
  key: 'user',
  title: 'User',
  sortable: true,
  cell: ({ user }) => <span className={classes['user'] ?? ''}>{user ?? <span className="quiet">nobody yet</span>}</span>,
};
const REF: ConnectionColumn = {
  key: 'ref',
  title: 'Ref',
  sortable: true,
  cell: ({ id, ref }) => (
    <Anchor component={Link} to={connectionPath(id)} size="sm" className="mono tabular" onClick={(event) => event.stopPropagation()}>
      {ref}
    </Anchor>
  ),
};
const ADDRESS: ConnectionColumn = {
  key: 'address',
  title: 'Address',
  sortable: true,
  wide: true,
  cell: ({ address }) => <span className="mono tabular">{address}</span>,
};
const CLIENT: ConnectionColumn = {
  key: 'client',
  title: 'Client',
  sortable: true,
  wide: true,
  cell: ({ client, protocol }) => (
    <span className={classes['clip'] ?? ''} title={client}>
      {client ?? <span className="quiet">{NOTHING}</span>}
      {protocol === 'sse' ? <span className="quiet"> (event stream)</span> : null}
    </span>
  ),
};
const NODE: ConnectionColumn = { key: 'node', title: 'Node', wide: true, cell: ({ node }) => <span className="mono tabular">{node}</span> };
const STATE: ConnectionColumn = { key: 'state', title: 'State', sortable: true, cell: (item) => <StateCell item={item} /> };
const DROPPED: ConnectionColumn = {
  key: 'dropped_messages',
  title: 'Dropped',
  sortable: true,
  numeric: true,
  wide: true,
  cell: ({ dropped_messages: dropped }) => (dropped === 0 ? <Zero /> : count(dropped)),
};
const TOPICS: ConnectionColumn = { key: 'topics', title: 'Topics', numeric: true, wide: true, cell: ({ topics }) => count(topics.length) };

const OPEN_COLUMNS: readonly ConnectionColumn[] = [
  USER,
  REF,
  ADDRESS,
  CLIENT,
  NODE,
  // Not by age, which goes on while one turns the page.
  { key: 'opened_at', title: 'Opened', sortable: true, numeric: true, wide: true, cell: ({ opened_at: at }) => <Ago at={at} /> },
  { key: 'rtt_ms', title: 'Round trip', sortable: true, numeric: true, wide: true, cell: ({ rtt_ms: rtt }) => duration(rtt) },
  TOPICS,
  { key: 'frames_in', title: 'In', sortable: true, numeric: true, wide: true, cell: (item) => count(item.frames_in) },
  { key: 'frames_out', title: 'Out', sortable: true, numeric: true, wide: true, cell: (item) => count(item.frames_out) },
  { key: 'queued_bytes', title: 'Queued', sortable: true, numeric: true, cell: (item) => <Queued item={item} /> },
  DROPPED,
];

const CLOSED_COLUMNS: readonly ConnectionColumn[] = [
  USER,
  REF,
  { key: 'close', title: 'How it ended', cell: ({ close }) => <CloseCell {...(close === undefined ? {} : { close })} /> },
  {
    key: 'initiator',
    title: 'By',
    wide: true,
    cell: ({ close }) =>
      close === undefined ? null : (
        <span className={classes['clip'] ?? ''} title={close.reason}>
          {initiatorWord(close.initiator)}
        </span>
      ),
  },
  { key: 'closed_at', title: 'Ended', sortable: true, numeric: true, cell: ({ closed_at: at }) => <Ago at={at} /> },
  { key: 'age_ms', title: 'Lasted', sortable: true, numeric: true, wide: true, cell: ({ age_ms: age }) => duration(age) },
  ADDRESS,
  CLIENT,
  NODE,
  DROPPED,
];

const ALL_COLUMNS: readonly ConnectionColumn[] = [
  USER,
  REF,
  STATE,
  { key: 'opened_at', title: 'Opened', sortable: true, numeric: true, cell: ({ opened_at: at }) => <Ago at={at} /> },
  { key: 'closed_at', title: 'Ended', sortable: true, numeric: true, wide: true, cell: ({ closed_at: at }) => <Ago at={at} /> },
  ADDRESS,
  CLIENT,
  NODE,
  TOPICS,
  { key: 'frames_in', title: 'In', sortable: true, numeric: true, wide: true, cell: (item) => count(item.frames_in) },
  { key: 'frames_out', title: 'Out', sortable: true, numeric: true, wide: true, cell: (item) => count(item.frames_out) },
  DROPPED,
];

/** What is worth a column depends on whether they are open. */
export function columnsOf(state: string): readonly ConnectionColumn[] {
  return state === 'closed' ? CLOSED_COLUMNS : state === 'all' ? ALL_COLUMNS : OPEN_COLUMNS;
}

/** The newest news first. */
export function usualSort(state: string): string {
  return state === 'closed' ? '-closed_at' : '-opened_at';
}

function Queued({ item }: { readonly item: ConnectionItem }) {
  return item.queued_bytes === 0 ? <Zero /> : <b>{bytes(item.queued_bytes)}</b>;
}

function Zero() {
  return <span className="quiet">0</span>;
}
