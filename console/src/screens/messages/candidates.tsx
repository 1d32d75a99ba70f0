import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Time } from '../../ui/time.tsx';
import { waybillPage } from './places.ts';
import type { Candidate } from './waybill-answer.ts';

const COLUMNS: readonly Column<Candidate>[] = [
  { key: 'topic', title: 'Topic', cell: ({ topic }) => <span className="breakable">{topic}</span> },
  { key: 'seq', title: 'Position', numeric: true, cell: ({ seq }) => seq },
  { key: 'publisher', title: 'Publisher', cell: ({ publisher }) => <span className="breakable">{publisher}</span> },
  { key: 'stored_at', title: 'Stored', cell: ({ stored_at: at }) => <Time at={at} milliseconds /> },
  { key: 'epoch', title: 'Epoch', wide: true, cell: ({ epoch }) => <span className="mono">{epoch}</span> },
];

/** Messages that share an id; each leads to its waybill. */
export function CandidateTable({ candidates }: { readonly candidates: readonly Candidate[] }) {
  return (
    <DataTable
      label="Messages with this id"
      columns={COLUMNS}
      rows={candidates}
      rowKey={({ topic, epoch, seq }) => `${topic} ${epoch} ${String(seq)}`}
      to={waybillPage}
      empty={{ title: 'None' }}
    />
  );
}
