import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Link } from 'react-router';
import { bytes, count, duration } from '../../ui/format.ts';
import { Status } from '../../ui/status.tsx';
import { Time } from '../../ui/time.tsx';
import classes from './journey.module.css';
import { OUTCOMES, type Outcome } from './outcome.ts';
import { connectionPage, topicPage, tracePage, userPage } from './places.ts';
import { DOORS, nodesOf, nodeWords, tells } from './stages.ts';
import { fateOf, sum } from './verdict.ts';
import type { NodeShare, Origin, Waybill } from './waybill-answer.ts';

/** Q12: who, by which door, from where. */
export function PublisherStop({ origin }: { readonly origin: Origin | null }) {
  if (origin === null)
    return (
      <>
        <div className={classes['name']}>Not known any more</div>
        <div className={`${classes['lines'] ?? ''} quiet`}>The message is gone, and its origin with it.</div>
      </>
    );
  const { publisher, door, address, connection_id: connection, ref, role } = origin;
  const isKey = publisher.includes(':');
  return (
    <>
      <div className={classes['name']} data-testid="publisher">
        {isKey ? publisher : <PageLink to={userPage(publisher)}>{publisher}</PageLink>}
      </div>
      <div className={classes['lines']}>
        <span>
          {DOORS[door] ?? door}
          {role !== undefined && <> as role {role}</>}
          {connection !== undefined && (
            <>
              {', '}
              <PageLink to={connectionPage(connection)}>{ref ?? 'its connection'}</PageLink>
            </>
          )}
        </span>
        {address !== undefined && <span className="quiet">from {address}</span>}
        <span>
          <span className="quiet">accepted </span>
          <Time at={origin.accepted_at} milliseconds />
        </span>
        <TraceLine origin={origin} />
      </div>
    </>
  );
}

const NO_TRACE = { not_sampled: 'trace not sampled', gone: 'trace no longer kept', none: 'not traced' } as const;

function TraceLine({ origin: { trace, trace_id: id, trace_link: link } }: { readonly origin: Origin }) {
  if (trace === 'kept' && id !== undefined) return <PageLink to={tracePage(id)}>Where the time went (trace)</PageLink>;
  if (trace === 'exported')
    return link === undefined ? (
      <span className="quiet breakable">trace {id} is with the collector</span>
    ) : (
      <Anchor href={link} target="_blank" rel="noreferrer" inherit>
        Where the time went (trace) <IconExternalLink size={13} aria-label="opens elsewhere" />
      </Anchor>
    );
  return <span className="quiet">{trace === 'kept' ? '' : NO_TRACE[trace]}</span>;
}

export function LogStop({ waybill: { position, message, origin } }: { readonly waybill: Waybill }) {
  const fate = fateOf(position.state);
  return (
    <>
      <div className={classes['name']}>
        <PageLink to={topicPage(position.topic)}>{position.topic}</PageLink> <span className="tabular">#{position.seq}</span>
      </div>
      <div className={classes['lines']}>
        <span className="quiet">
          epoch <span className="mono">{position.epoch}</span>, {position.head === position.seq ? 'the newest' : `newest #${position.head}`}
        </span>
        {origin?.stored_at !== undefined && (
          <span>
            <span className="quiet">stored </span>
            <Time at={origin.stored_at} milliseconds />
          </span>
        )}
        {message !== null && (
          <span>
            <span className="mono breakable">{message.action}</span>, {bytes(message.bytes)}
          </span>
        )}
        {fate !== undefined && (
          <span>
            <Status tone={fate.tone}>{fate.label}</Status>
          </span>
        )}
      </div>
    </>
  );
}

/** Nodes named here; a larger cluster is in the table of commands. */
const NAMED = 4;

export function NodesStop({ waybill }: { readonly waybill: Waybill }) {
  const nodes = nodesOf(waybill);
  const [only] = nodes;
  if (only === undefined) return <div className={classes['name']}>Nobody followed it</div>;
  return (
    <>
      <div className={classes['name']}>
        {nodes.length === 1 ? only.node : `${count(nodes.filter(({ reached }) => reached).length)} done`}
      </div>
      <div className={classes['lines']}>
        {nodes.slice(0, NAMED).map((node) => (
          <NodeLines key={node.run} node={node} named={nodes.length > 1} acceptedAt={waybill.origin?.accepted_at} />
        ))}
        {nodes.length > NAMED && <span className="quiet">and {count(nodes.length - NAMED)} more</span>}
      </div>
    </>
  );
}

function NodeLines({
  node,
  named,
  acceptedAt,
}: {
  readonly node: NodeShare;
  readonly named: boolean;
  readonly acceptedAt: number | undefined;
}) {
  const { flushed_between: span, receipts } = node;
  return (
    <span>
      {named && <b className="breakable">{node.node} </b>}
      {node.state === 'lost' && <Status tone="bad">lost</Status>} {nodeWords(node)}
      {span !== undefined && acceptedAt !== undefined && tells(span) && (
        <span className="quiet tabular"> within {duration(Math.max(1, span[1] - acceptedAt))}</span>
      )}
      <br />
      <span className="quiet">
        {receipts === null
          ? 'subscriptions not counted'
          : `${count(receipts)} ${receipts === 1 ? 'subscription' : 'subscriptions'} owed it`}
      </span>
    </span>
  );
}

const GIVEN: readonly Outcome[] = ['acked', 'written'];

export function RecipientsStop({ waybill: { totals } }: { readonly waybill: Waybill }) {
  if (totals === null) return <div className={classes['name']}>Not counted</div>;
  const owed = sum(totals, OUTCOMES) - (totals.fetched ?? 0);
  return (
    <>
      <div className={`${classes['name'] ?? ''} tabular`} data-testid="given">
        {owed === 0 ? 'None' : `${count(sum(totals, GIVEN))} of ${count(owed)} given it`}
      </div>
      <div className={classes['lines']}>
        {(totals.acked ?? 0) > 0 && <span>{count(totals.acked)} acknowledged</span>}
        {(totals.fetched ?? 0) > 0 && <span>{count(totals.fetched)} read it from history</span>}
      </div>
    </>
  );
}

function PageLink({ to, children }: { readonly to: string; readonly children: React.ReactNode }) {
  return (
    <Anchor component={Link} to={to} inherit className="breakable">
      {children}
    </Anchor>
  );
}
