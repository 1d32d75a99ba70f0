import { Anchor } from '@mantine/core';
import type { AuditRecord } from './audit-record.ts';

/** Opens what a record says, by click or Enter. */
export function RecordLink({ record, onOpen }: { readonly record: AuditRecord; readonly onOpen: (record: AuditRecord) => void }) {
  return (
    <Anchor component="button" type="button" size="sm" className="mono" onClick={() => onOpen(record)}>
      {record.action}
    </Anchor>
  );
}
