import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { sentenceOf } from '../api/api-error.ts';

interface ConfirmProps {
  readonly opened: boolean;
  readonly title: string;
  /** What will happen, to whom, and how it is undone. */
  readonly children: ReactNode;
  /** What must be typed first; absent where a click is enough. */
  readonly typed?: string;
  /** On the button: the deed, not "OK". */
  readonly deed: string;
  readonly danger?: boolean;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something that others feel. Stays open, with the refusal, when it was refused. */
export function Confirm({ opened, title, children, typed, deed, danger = false, onConfirm, onClose }: ConfirmProps) {
  const [text, setText] = useState('');
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: unknown }>({ busy: false });
  const close = () => {
    setText('');
    setState({ busy: false });
    onClose();
  };
  const confirm = async () => {
    setState({ busy: true });
    try {
      await onConfirm();
      close();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    // Locking the page's scroll would write a style that the page's policy forbids.
    <Modal opened={opened} onClose={close} title={title} centered lockScroll={false} transitionProps={{ duration: 0 }}>
      <Stack gap="sm">
        {children}
        {typed !== undefined && (
          <TextInput
            label={
              <Text span size="sm">
                Type <b className="mono">{typed}</b> to go on
              </Text>
            }
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {state.error !== undefined && (
          <Alert color="red" role="alert">
            {sentenceOf(state.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            color={danger ? 'red' : 'accent'}
            loading={state.busy}
            disabled={typed !== undefined && text !== typed}
            onClick={() => void confirm()}
          >
            {deed}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
