import { Button, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';

/** Takes a topic away, log and all. Cannot be undone, so its name is typed first. */
export function DeleteTopic({ topic }: { readonly topic: string }) {
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await send('DELETE', `topics/${encodeURIComponent(topic)}`);
    await queries.invalidateQueries();
    void navigate('/topics');
  };
  return (
    <>
      <Button size="xs" variant="default" c="var(--waybill-bad)" leftSection={<IconTrash size={15} />} onClick={() => setAsking(true)}>
        Delete…
      </Button>
      <Confirm
        opened={asking}
        title="Delete this topic?"
        typed={topic}
        deed="Delete the topic"
        danger
        onConfirm={remove}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">
          All messages of <b className="breakable">{topic}</b> are deleted and cannot be had again. Subscribers are told that it begins
          anew. What was recorded of who received them is kept as long as receipts are.
        </Text>
      </Confirm>
    </>
  );
}
