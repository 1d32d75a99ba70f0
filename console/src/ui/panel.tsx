import { Group, Paper, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface PanelProps {
  readonly title?: string;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a screen with a heading of its own. */
export function Panel({ title, about, actions, children }: PanelProps) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title} style={{ borderColor: 'var(--waybill-hairline)' }}>
      {(title !== undefined || actions !== undefined) && (
        <Group justify="space-between" mb="sm" gap="xs">
          <div style={{ flex: '1 1 160px', minWidth: 0 }}>
            {title !== undefined && <Title order={2}>{title}</Title>}
            {about !== undefined && (
              <Text size="xs" className="quiet">
                {about}
              </Text>
            )}
          </div>
          {actions}
        </Group>
      )}
      {children}
    </Paper>
  );
}
