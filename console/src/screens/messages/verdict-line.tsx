import { Text } from '@mantine/core';
import type { Tone } from '../../ui/status.tsx';
import type { Verdict } from './verdict.ts';
import classes from './verdict-line.module.css';

interface VerdictLineProps {
  readonly verdict: Verdict;
  readonly fate: { readonly tone: Tone; readonly means: string } | undefined;
}

/** The answer, before anything else. */
export function VerdictLine({ verdict, fate }: VerdictLineProps) {
  return (
    <div className={classes['verdict']} data-tone={verdict.tone} role="status">
      <Text className={classes['headline'] ?? ''} data-testid="verdict">
        {verdict.headline}
      </Text>
      {verdict.detail !== undefined && (
        <Text size="sm" className="quiet breakable">
          {verdict.detail}
        </Text>
      )}
      {fate !== undefined && (
        <Text size="sm" mt={4}>
          {fate.means}
        </Text>
      )}
    </div>
  );
}
