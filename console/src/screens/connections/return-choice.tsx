import { Radio, Stack, TextInput } from '@mantine/core';

export interface HowToDisconnect {
  /** Whether the client may come back by itself. */
  readonly mayReturn: boolean;
  readonly reason: string;
}

export const USUAL_WAY: HowToDisconnect = { mayReturn: true, reason: '' };

interface ReturnChoiceProps {
  readonly value: HowToDisconnect;
  readonly onChange: (value: HowToDisconnect) => void;
}

/** What the client is told: to come back or not, and why. */
export function ReturnChoice({ value, onChange }: ReturnChoiceProps) {
  return (
    <Stack gap="sm">
      <Radio.Group
        label="After that"
        value={value.mayReturn ? 'return' : 'stay-away'}
        onChange={(choice) => onChange({ ...value, mayReturn: choice === 'return' })}
      >
        <Stack gap={6} mt={6}>
          <Radio size="sm" value="return" label="Come back: a new connection at once, on any node (4400)" />
          <Radio size="sm" value="stay-away" label="Stay away: the client does not connect again by itself (4500)" />
        </Stack>
      </Radio.Group>
      <TextInput
        size="sm"
        label="Reason"
        description="The client is told; it stands in the timeline and in the audit trail."
        placeholder="disconnected by an operator"
        maxLength={100}
        value={value.reason}
        onChange={(event) => onChange({ ...value, reason: event.currentTarget.value })}
      />
    </Stack>
  );
}
