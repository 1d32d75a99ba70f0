import { Menu, SegmentedControl, Stack, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { IconKey, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useState } from 'react';
import { type Session, useSignOut } from '../api/session.ts';
import { useTimeZoneChoice, type ZoneChoice } from '../ui/clock.tsx';
import { Time } from '../ui/time.tsx';
import { ChangePassword } from './change-password.tsx';

const SCHEMES = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const ZONES: { readonly value: ZoneChoice; readonly label: string }[] = [
  { value: 'local', label: 'Local' },
  { value: 'utc', label: 'UTC' },
];

/** Who is signed in, how the page looks, and the way out. */
export function OperatorMenu({ session }: { readonly session: Session }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { zone, setZone } = useTimeZoneChoice();
  const signOut = useSignOut();
  const [changing, setChanging] = useState(false);
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <UnstyledButton aria-label={`Account of ${session.name}`} display="flex">
            <IconUserCircle size={24} stroke={1.5} />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Stack gap={2} px="sm" py="xs">
            <Text size="sm" fw={600} className="breakable">
              {session.name}
            </Text>
            <Text size="xs" className="quiet">
              {session.role}, signed in until <Time at={session.expires_at} />
            </Text>
          </Stack>
          <Menu.Divider />
          <Stack gap={8} px="sm" py="xs">
            <SegmentedControl
              size="xs"
              fullWidth
              aria-label="Colours"
              value={colorScheme}
              data={[...SCHEMES]}
              onChange={(value) => setColorScheme(value)}
            />
            <SegmentedControl size="xs" fullWidth aria-label="Times" value={zone} data={[...ZONES]} onChange={(value) => setZone(value)} />
          </Stack>
          <Menu.Divider />
          <Menu.Item leftSection={<IconKey size={16} />} onClick={() => setChanging(true)}>
            Change password
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && <ChangePassword onClose={() => setChanging(false)} />}
    </>
  );
}
