import { Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { queryString, send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import type { ConnectionItem } from './connection-item.ts';
import { ReturnChoice, USUAL_WAY } from './return-choice.tsx';

interface DisconnectOneProps {
  readonly item: ConnectionItem;
  readonly onDone: (code: number) => void;
}

/** Ends one connection. */
export function DisconnectOne({ item, onDone }: DisconnectOneProps) {
  const queries = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [way, setWay] = useState(USUAL_WAY);
  const disconnect = async () => {
    const query = queryString({ return: way.mayReturn ? undefined : 'forbidden', reason: way.reason });
    const { code } = await send<{ readonly code: number }>('DELETE', `ops/connections/${encodeURIComponent(item.id)}${query}`);
    onDone(code);
    await queries.invalidateQueries();
  };
  return (
    <>
      <Button size="xs" color="red" variant="light" onClick={() => setOpened(true)}>
        Disconnect…
      </Button>
      <Confirm
        opened={opened}
        title={`Disconnect ${item.ref}`}
        deed="Disconnect"
        danger
        onConfirm={disconnect}
        onClose={() => setOpened(false)}
      >
        <Text size="sm" className="breakable">
          {item.user ?? 'Somebody who has not said who they are'}, {item.client ?? 'an unnamed client'} from {item.address}. What already
          waits in the socket may still arrive; messages that follow are kept for when it comes back, as its topics allow.
        </Text>
        <ReturnChoice value={way} onChange={setWay} />
      </Confirm>
    </>
  );
}
