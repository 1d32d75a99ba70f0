import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'accent';

const COLORS: Readonly<Record<Tone, string>> = { good: 'teal', warn: 'yellow', bad: 'red', quiet: 'gray', accent: 'accent' };

/** A word with a colour; the word alone says it too. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <Badge variant="light" color={COLORS[tone]} size="sm" style={{ textTransform: 'none', fontWeight: 550 }}>
      {children}
    </Badge>
  );
}
