import { Button, Tooltip } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useState } from 'react';
import type { Query } from '../../api/request.ts';
import { BulkDisconnectDialog } from './bulk-disconnect-dialog.tsx';
import { type DisconnectFilter, disconnectFilterOf, isEveryone } from './disconnect-run.ts';

interface BulkDisconnectProps {
  readonly query: Query;
  /** Filters that could not be read: then the list shows more than was meant. */
  readonly unread: readonly string[];
}

/** Opens the dialog that disconnects what the list shows. The filter is fixed at that moment. */
export function BulkDisconnect({ query, unread }: BulkDisconnectProps) {
  const [filter, setFilter] = useState<DisconnectFilter>();
  const found = disconnectFilterOf(query, Date.now());
  const obstacle =
    unread.length > 0
      ? 'A time in the filters cannot be read.'
      : found.missing.length > 0
        ? `Many cannot be disconnected by ${found.missing.join(' and ')}: clear that filter, or open the connection.`
        : undefined;
  return (
    <>
      <Tooltip label={obstacle} disabled={obstacle === undefined} multiline maw={280}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlugConnectedX size={15} />}
          data-disabled={obstacle !== undefined || undefined}
          aria-disabled={obstacle !== undefined}
          {...(obstacle === undefined ? {} : { 'aria-description': obstacle })}
          onClick={() => obstacle === undefined && setFilter(disconnectFilterOf(query, Date.now()).filter)}
        >
          {isEveryone(found.filter) && found.missing.length === 0 ? 'Disconnect everybody…' : 'Disconnect these…'}
        </Button>
      </Tooltip>
      {filter !== undefined && <BulkDisconnectDialog filter={filter} onClose={() => setFilter(undefined)} />}
    </>
  );
}
