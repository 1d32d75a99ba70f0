import { AppShell, Burger, Group, NavLink, ScrollArea, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation } from 'react-router';
import { type Session, useMay } from '../api/session.ts';
import { Mark } from './mark.tsx';
import { OperatorMenu } from './operator-menu.tsx';
import { SCREENS, type Screen, type ScreenGroup } from './screens.ts';
import { Search } from './search.tsx';
import { StandingBadge } from './standing-badge.tsx';
import { SessionWatch } from './session-watch.tsx';
import classes from './shell.module.css';

const GROUPS: readonly ScreenGroup[] = ['Now', 'Find', 'Watch', 'Run', 'Administer'];

/** Frame of every screen. */
export function Shell({ session }: { readonly session: Session }) {
  const [opened, { toggle, close }] = useDisclosure();
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 212, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
      transitionDuration={0}
    >
      <a className={classes['skip']} href="#content">
        To the content
      </a>
      <AppShell.Header className={classes['header']}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <Link to="/overview" className={classes['home']} aria-label="Waybill, overview">
              <Mark />
            </Link>
          </Group>
          <Search />
          <Group gap="sm" wrap="nowrap" style={{ flexShrink: 0 }}>
            <StandingBadge />
            <OperatorMenu session={session} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className={classes['navbar']} aria-label="Screens">
        <ScrollArea type="never">
          {GROUPS.map((group) => (
            <NavGroup key={group} group={group} onPick={close} />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes['main']}>
        <SessionWatch session={session} />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function NavGroup({ group, onPick }: { readonly group: ScreenGroup; readonly onPick: () => void }) {
  return (
    <div className={classes['group']}>
      <Text className={classes['label']} size="xs">
        {group}
      </Text>
      {SCREENS.filter((screen) => screen.group === group).map((screen) => (
        <NavEntry key={screen.path} screen={screen} onPick={onPick} />
      ))}
    </div>
  );
}

function NavEntry({ screen, onPick }: { readonly screen: Screen; readonly onPick: () => void }) {
  const { pathname } = useLocation();
  const may = useMay(screen.role);
  if (!may) return null;
  const active = pathname === `/${screen.path}` || pathname.startsWith(`/${screen.path}/`);
  return (
    <NavLink
      component={Link}
      to={`/${screen.path}`}
      label={screen.title}
      leftSection={<screen.icon size={17} stroke={1.6} />}
      active={active}
      aria-current={active ? 'page' : undefined}
      onClick={onPick}
      className={classes['entry']}
    />
  );
}
