import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Commands, type Equivalent } from './commands.tsx';
import { type MissingNode, MissingNodes } from './missing-nodes.tsx';
import { Ago } from './time.tsx';

interface ScreenFrameProps {
  readonly title: ReactNode;
  /** For the browser's tab, where the title is not plain text. */
  readonly name?: string;
  /** One sentence: which question the screen answers. */
  readonly about?: ReactNode;
  readonly asOf?: number | undefined;
  /** Nodes that did not answer what the screen asked. */
  readonly missing?: readonly MissingNode[] | undefined;
  readonly equivalents: readonly Equivalent[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Head of every screen: what it is, as of when, the same as commands, and what may be done here. */
export function ScreenFrame({ title, name, about, asOf, missing, equivalents, actions, children }: ScreenFrameProps) {
  const tab = name ?? (typeof title === 'string' ? title : 'Waybill');
  useEffect(() => {
    document.title = `${tab} · Waybill`;
  }, [tab]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} style={{ minWidth: 0, flex: '1 1 320px' }}>
          <Title order={1} className="breakable">
            {title}
          </Title>
          {about !== undefined && (
            <Text size="sm" className="quiet">
              {about}
            </Text>
          )}
        </Stack>
        <Group gap="xs" align="center">
          {asOf !== undefined && (
            <Text size="xs" className="quiet tabular" data-testid="as-of">
              as of <Ago at={asOf} />
            </Text>
          )}
          {actions}
          <Commands equivalents={equivalents} />
        </Group>
      </Group>
      <MissingNodes missing={missing} />
      {children}
    </Stack>
  );
}
