import { Anchor, Stack, Text, Tooltip } from '@mantine/core';
import { Link } from 'react-router';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { NOTHING } from '../../ui/format.ts';
import { Status } from '../../ui/status.tsx';
import { isOutcome, OUTCOME_WORDS, outcomeLabel, outcomeTone, reasonWords } from './outcome.ts';
import { connectionPage, explainPage, type Place } from './places.ts';
import { WhenGiven } from './when-given.tsx';
import type { Recipient } from './waybill-answer.ts';

interface RecipientsProps {
  readonly place: Place;
  readonly acceptedAt: number | undefined;
  readonly rows: readonly Recipient[] | undefined;
  readonly error: unknown;
  readonly empty: { readonly title: string; readonly detail?: string };
  readonly onNext: (() => void) | undefined;
  readonly onFirst: (() => void) | undefined;
}

/** One line for each connection of each recipient. */
export function Recipients({ place, acceptedAt, rows, error, empty, onNext, onFirst }: RecipientsProps) {
  const columns: readonly Column<Recipient>[] = [
    {
      key: 'user',
      title: 'User',
      cell: ({ user }) => (
        <Anchor
          component={Link}
          to={explainPage(user, place)}
          inherit
          className="breakable"
          style={{ display: 'inline-block', minWidth: 96 }}
          aria-label={`Why: ${user}`}
        >
          {user}
        </Anchor>
      ),
    },
    { key: 'outcome', title: 'Outcome', cell: (recipient) => <OutcomeCell recipient={recipient} /> },
    { key: 'when', title: 'When', wide: true, cell: (recipient) => <WhenGiven recipient={recipient} acceptedAt={acceptedAt} /> },
    { key: 'how', title: 'How', wide: true, cell: ({ how }) => (how === undefined ? NOTHING : how === 'live' ? 'live' : 'from history') },
    { key: 'connection', title: 'Connection', cell: (recipient) => <ConnectionCell recipient={recipient} /> },
    { key: 'client', title: 'Client', wide: true, cell: ({ client }) => <span className="breakable">{client ?? NOTHING}</span> },
    { key: 'node', title: 'Node', wide: true, cell: ({ node }) => <span className="quiet breakable">{node ?? NOTHING}</span> },
  ];
  return (
    <DataTable
      label="Recipients"
      columns={columns}
      rows={rows}
      rowKey={({ user, connection_id: connection, outcome }) => `${user} ${connection ?? outcome}`}
      to={({ user }) => explainPage(user, place)}
      error={error}
      empty={empty}
      onNext={onNext}
      onFirst={onFirst}
    />
  );
}

function OutcomeCell({ recipient: { outcome, reason } }: { readonly recipient: Recipient }) {
  const why = reasonWords(reason);
  return (
    <Stack gap={0} align="flex-start">
      <Tooltip label={isOutcome(outcome) ? OUTCOME_WORDS[outcome].means : outcome} multiline w={280} openDelay={300}>
        <span style={{ display: 'inline-block', minWidth: 'max-content' }}>
          <Status tone={outcomeTone(outcome)}>{outcomeLabel(outcome)}</Status>
        </span>
      </Tooltip>
      {why !== undefined && (
        <Text size="xs" className="quiet">
          {why}
        </Text>
      )}
    </Stack>
  );
}

function ConnectionCell({ recipient: { connection_id: id, ref } }: { readonly recipient: Recipient }) {
  if (id === undefined) return <span className="quiet">none</span>;
  return (
    <Anchor component={Link} to={connectionPage(id)} inherit className="mono">
      {ref ?? id.slice(0, 8)}
    </Anchor>
  );
}
