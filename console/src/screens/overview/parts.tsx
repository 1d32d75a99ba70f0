import { Group, Text } from '@mantine/core';
import type { Part, PartState } from '../../api/summary.ts';
import { Status, type Tone } from '../../ui/status.tsx';
import { words } from '../../ui/words.ts';

const TONES: Readonly<Record<PartState, Tone>> = { ok: 'good', degraded: 'warn', down: 'bad' };

/** What this node depends on. Of a part that is not well it is said what that affects. */
export function Parts({ parts }: { readonly parts: Readonly<Record<string, Part>> }) {
  const felt = Object.entries(parts).flatMap(([name, { affects }]) => (affects === undefined ? [] : [[name, affects] as const]));
  return (
    <div data-testid="parts">
      <Group gap="md">
        {Object.entries(parts).map(([name, { state }]) => (
          <Group key={name} gap={6} wrap="nowrap">
            <Text size="xs" className="quiet">
              {words(name)}
            </Text>
            <Status tone={TONES[state]}>{state}</Status>
          </Group>
        ))}
      </Group>
      {felt.map(([name, affects]) => (
        <Text key={name} size="sm" mt={6} className="breakable">
          <b>{words(name)}</b>: {affects}
        </Text>
      ))}
    </div>
  );
}
