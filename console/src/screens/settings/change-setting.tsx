import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sentenceOf } from '../../api/api-error.ts';
import { send } from '../../api/request.ts';
import { ChangeList } from './change-list.tsx';
import { kindOf, LASTS, textOf, valueOf } from './entry.ts';
import { EntryField } from './entry-field.tsx';
import type { ChangeAnswer, Setting } from './setting.ts';

interface ChangeSettingProps {
  readonly setting: Setting;
  /** The newest version that this page knows: a change made meanwhile elsewhere is not overwritten unseen. */
  readonly version: number;
  readonly onClose: () => void;
  readonly onDone: (says: string) => void;
}

interface Wanted {
  readonly set: Readonly<Record<string, unknown>>;
  readonly for_s?: number;
  readonly comment: string;
  readonly expected_version: number;
}

/** Changes one setting: first what it would do, then the deed. */
export function ChangeSetting({ setting, version, onClose, onDone }: ChangeSettingProps) {
  const kind = kindOf(setting);
  const [text, setText] = useState(textOf(setting.value ?? setting.default));
  const [lasts, setLasts] = useState('');
  const [comment, setComment] = useState('');
  const queries = useQueryClient();
  const preview = useMutation({
    mutationFn: async (value: () => unknown) => {
      const seconds = lasts === '' ? {} : { for_s: Number(lasts) };
      const wanted: Wanted = { set: { [setting.path]: value() }, ...seconds, comment, expected_version: version };
      return { wanted, answer: await send<ChangeAnswer>('PATCH', 'ops/settings', { ...wanted, dry_run: true }) };
    },
  });
  const change = useMutation({
    mutationFn: (wanted: Wanted) => send<ChangeAnswer>('PATCH', 'ops/settings', wanted),
    onSuccess: (answer) => {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('ops/settings') });
      onDone(`${setting.path} is changed: version ${answer.version}. Other nodes follow within cluster.settingsPollMs.`);
    },
  });
  const shown = preview.data;
  const error = change.error ?? preview.error;
  return (
    <Modal opened onClose={onClose} title={`Change ${setting.path}`} size="lg" centered transitionProps={{ duration: 0 }}>
      <Stack gap="sm">
        <Text size="sm" className="quiet">
          {setting.doc}
          {setting.zero !== 'not allowed' && ` Zero or empty: ${setting.zero}.`}
        </Text>
        {shown === undefined ? (
          <>
            <EntryField kind={kind} values={setting.values} unit={setting.unit} text={text} onChange={setText} />
            <Select label="For how long" allowDeselect={false} data={[...LASTS]} value={lasts} onChange={(next) => setLasts(next ?? '')} />
            <TextInput
              label="Why"
              description="For whoever reads the versions"
              maxLength={500}
              value={comment}
              onChange={(event) => setComment(event.currentTarget.value)}
            />
          </>
        ) : shown.answer.changes.length === 0 ? (
          <Alert color="gray">Nothing would change: this value is in force already.</Alert>
        ) : (
          <ChangeList changes={shown.answer.changes} />
        )}
        {error !== null && (
          <Alert color="red" role="alert">
            {sentenceOf(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          {shown === undefined ? (
            <>
              {setting.source === 'settings' && (
                <Button variant="default" mr="auto" onClick={() => preview.mutate(() => null)}>
                  Take off what was set here
                </Button>
              )}
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button loading={preview.isPending} onClick={() => preview.mutate(() => valueOf(kind, text))}>
                Preview
              </Button>
            </>
          ) : (
            <>
              <Button
                variant="default"
                onClick={() => {
                  preview.reset();
                  change.reset();
                }}
              >
                Back
              </Button>
              <Button disabled={shown.answer.changes.length === 0} loading={change.isPending} onClick={() => change.mutate(shown.wanted)}>
                Put in force
              </Button>
            </>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
