import { Alert, Button, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { sentenceOf } from '../../api/api-error.ts';
import type { Page } from '../../api/list.ts';
import { get } from '../../api/request.ts';
import { Copyable } from '../../ui/copy.tsx';
import { count } from '../../ui/format.ts';
import type { AuditHead, AuditRecord } from './audit-record.ts';
import { canVerify, ChainCheck } from './chain.ts';

const PAGE = 500;

type State =
  | { readonly step: 'idle' }
  | { readonly step: 'running'; readonly done: number; readonly of: number }
  | { readonly step: 'whole'; readonly head: AuditHead }
  | { readonly step: 'broken' | 'failed'; readonly says: string };

/** Reads the trail from its first record, page by page, and follows its chain here. */
export function Verify() {
  const [state, setState] = useState<State>({ step: 'idle' });
  const stop = useRef<AbortController>(undefined);
  const start = async () => {
    const controller = new AbortController();
    stop.current = controller;
    try {
      setState(await verify(controller.signal, (done, of) => setState({ step: 'running', done, of })));
    } catch (error) {
      setState(controller.signal.aborted ? { step: 'idle' } : { step: 'failed', says: sentenceOf(error) });
    }
  };
  const close = () => {
    stop.current?.abort();
    setState({ step: 'idle' });
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconShieldCheck size={15} />}
        disabled={!canVerify()}
        title={canVerify() ? undefined : 'Browsers compute hashes on pages served by HTTPS only; use “waybill audit verify”.'}
        onClick={() => void start()}
      >
        Verify the chain
      </Button>
      <Modal opened={state.step !== 'idle'} onClose={close} title="Verify the chain" centered transitionProps={{ duration: 0 }}>
        <Outcome state={state} onClose={close} />
      </Modal>
    </>
  );
}

function Outcome({ state, onClose }: { readonly state: State; readonly onClose: () => void }) {
  if (state.step === 'running')
    return (
      <Stack gap="sm">
        <Text size="sm">
          {count(state.done)} of {count(state.of)} records followed in this page.
        </Text>
        <Progress value={state.of === 0 ? 0 : (state.done / state.of) * 100} aria-label="Records followed" transitionDuration={0} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Stop
          </Button>
        </Group>
      </Stack>
    );
  if (state.step === 'whole')
    return (
      <Stack gap="sm" data-testid="chain-whole">
        <Alert color="teal" title="The chain is whole" role="status">
          All {count(state.head.count)} records follow one another, and each says what it said when it was written.
        </Alert>
        <Text size="sm" className="quiet">
          Keep this head elsewhere: it shows later whether the trail was cut or made anew.
        </Text>
        <Copyable text={`${state.head.count}:${state.head.hash}`} what="head" />
      </Stack>
    );
  if (state.step === 'idle') return null;
  return (
    <Alert color="red" title={state.step === 'broken' ? 'The chain is broken' : 'It could not be verified'} role="alert">
      {state.says}
    </Alert>
  );
}

/** Up to the head as it was at the start: what comes meanwhile is for the next time. */
async function verify(signal: AbortSignal, tell: (done: number, of: number) => void): Promise<State> {
  const head = await get<AuditHead>('ops/audit/head', undefined, signal);
  const check = new ChainCheck();
  tell(0, head.count);
  while (check.head.count < head.count) {
    const query = { order: 'oldest', limit: PAGE, cursor: check.head.count };
    const { items } = await get<Page<AuditRecord>>('ops/audit', query, signal);
    if (items.length === 0) return { step: 'broken', says: `The trail ends with record ${check.head.count} of ${head.count}.` };
    for (const record of items) {
      const wrong = await check.add(record);
      if (wrong !== undefined) return { step: 'broken', says: wrong };
      if (record.id !== head.count) continue;
      return record.hash === head.hash ? { step: 'whole', head } : { step: 'broken', says: `Record ${record.id} is not the head.` };
    }
    tell(check.head.count, head.count);
  }
  return { step: 'whole', head: check.head };
}
