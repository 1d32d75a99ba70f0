import { Button, Modal, Text } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useState } from 'react';
import { useGet } from '../../api/list.ts';
import { useMay } from '../../api/session.ts';
import { bytes as size } from '../../ui/format.ts';
import { JsonView } from '../../ui/json-view.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import type { Waybill } from './waybill-answer.ts';

interface PayloadProps {
  readonly path: string;
  readonly epoch: string;
  readonly bytes: number;
  readonly erased: boolean;
}

/** What people wrote to each other: for admins, behind a click, and on record. */
export function Payload({ path, epoch, bytes, erased }: PayloadProps) {
  const may = useMay('admin');
  const [shown, setShown] = useState(false);
  const { data, error } = useGet<Waybill>(path, { epoch, limit: 1, payload: true }, { enabled: shown });
  if (erased)
    return (
      <Text size="sm" className="quiet">
        The payload was erased.
      </Text>
    );
  if (!may)
    return (
      <Text size="sm" className="quiet">
        The payload ({size(bytes)}) is shown to admins.
      </Text>
    );
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconEye size={15} />} onClick={() => setShown(true)}>
        Show payload (audited)
      </Button>
      <Modal opened={shown} onClose={() => setShown(false)} title="Payload" size="lg" transitionProps={{ duration: 0 }}>
        {error !== null && <ErrorNotice error={error} />}
        {data !== undefined && data.message !== null && 'data' in data.message && <JsonView value={data.message.data} />}
        <Text size="xs" className="quiet" mt="sm">
          The audit trail says that you looked at it.
        </Text>
      </Modal>
    </>
  );
}
