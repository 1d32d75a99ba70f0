import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';

export interface RowAction {
  readonly label: string;
  readonly danger?: boolean;
  readonly onPick: () => void;
}

/** What may be done to one row. */
export function RowActions({ of: name, actions }: { readonly of: string; readonly actions: readonly RowAction[] }) {
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ label, danger = false, onPick }) => (
          <Menu.Item key={label} onClick={onPick} {...(danger ? { c: 'var(--waybill-bad)' } : {})}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
