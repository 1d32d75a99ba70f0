import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** A button that copies `text`. `what` is said to those who do not see it. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`Copy ${what}`}
            onClick={(event) => {
              event.stopPropagation();
              copy();
            }}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** An identifier in monospace, with its copy button. */
export function Copyable({ text, what, children }: { readonly text: string; readonly what: string; readonly children?: ReactNode }) {
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex">
      <span className="mono breakable">{children ?? text}</span>
      <Copy text={text} what={what} />
    </Group>
  );
}
