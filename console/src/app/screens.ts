import {
  IconActivityHeartbeat,
  IconAdjustmentsHorizontal,
  IconAlertTriangle,
  IconBan,
  IconClipboardList,
  IconGauge,
  IconHash,
  IconHourglass,
  IconKey,
  IconMail,
  IconPlugConnected,
  IconRadar,
  IconServer2,
  IconTerminal2,
  IconTimeline,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Role } from '../api/session.ts';

export type ScreenGroup = 'Now' | 'Find' | 'Watch' | 'Run' | 'Administer';

/** One entry of the navigation. Each screen is loaded when it is first opened. */
export interface Screen {
  /** Below `/console/`. */
  readonly path: string;
  readonly title: string;
  readonly group: ScreenGroup;
  readonly icon: ComponentType<{ readonly size?: number | string; readonly stroke?: number | string }>;
  /** The least role that sees it. */
  readonly role: Role;
  readonly load: () => Promise<{ readonly Screen: ComponentType }>;
  /** Pages below it, such as one connection. */
  readonly below?: readonly { readonly path: string; readonly load: () => Promise<{ readonly Screen: ComponentType }> }[];
}

/** In the order of the navigation: what somebody who was woken looks at first stands first. */
export const SCREENS: readonly Screen[] = [
  {
    path: 'overview',
    title: 'Overview',
    group: 'Now',
    icon: IconGauge,
    role: 'viewer',
    load: () => import('../screens/overview/overview.tsx'),
  },
  {
    path: 'alarms',
    title: 'Alarms and SLOs',
    group: 'Now',
    icon: IconAlertTriangle,
    role: 'viewer',
    load: () => import('../screens/alarms/alarms.tsx'),
    below: [{ path: 'runbooks/:name', load: () => import('../screens/alarms/runbook.tsx') }],
  },
  {
    path: 'nodes',
    title: 'Nodes',
    group: 'Now',
    icon: IconServer2,
    role: 'viewer',
    load: () => import('../screens/nodes/nodes.tsx'),
    below: [{ path: ':node', load: () => import('../screens/nodes/node.tsx') }],
  },
  {
    path: 'connections',
    title: 'Connections',
    group: 'Find',
    icon: IconPlugConnected,
    role: 'viewer',
    load: () => import('../screens/connections/connections.tsx'),
    below: [{ path: ':id', load: () => import('../screens/connections/connection.tsx') }],
  },
  {
    path: 'messages',
    title: 'Messages',
    group: 'Find',
    icon: IconMail,
    role: 'viewer',
    load: () => import('../screens/messages/messages.tsx'),
    below: [
      { path: 'explain', load: () => import('../screens/messages/explain.tsx') },
      { path: ':topic/:seq', load: () => import('../screens/messages/waybill.tsx') },
    ],
  },
  {
    path: 'topics',
    title: 'Topics',
    group: 'Find',
    icon: IconHash,
    role: 'viewer',
    load: () => import('../screens/topics/topics.tsx'),
    below: [{ path: ':topic', load: () => import('../screens/topics/topic.tsx') }],
  },
  {
    path: 'refusals',
    title: 'Refusals',
    group: 'Find',
    icon: IconBan,
    role: 'viewer',
    load: () => import('../screens/refusals/refusals.tsx'),
  },
  {
    path: 'slow',
    title: 'Slow consumers',
    group: 'Watch',
    icon: IconHourglass,
    role: 'viewer',
    load: () => import('../screens/slow/slow.tsx'),
  },
  {
    path: 'live',
    title: 'Live',
    group: 'Watch',
    icon: IconRadar,
    role: 'viewer',
    load: () => import('../screens/live/live.tsx'),
    below: [{ path: ':id', load: () => import('../screens/live/probe.tsx') }],
  },
  {
    path: 'traces',
    title: 'Traces',
    group: 'Watch',
    icon: IconTimeline,
    role: 'viewer',
    load: () => import('../screens/traces/traces.tsx'),
    below: [{ path: ':id', load: () => import('../screens/traces/trace.tsx') }],
  },
  {
    path: 'canary',
    title: 'Canary',
    group: 'Watch',
    icon: IconActivityHeartbeat,
    role: 'viewer',
    load: () => import('../screens/canary/canary.tsx'),
  },
  {
    path: 'test-client',
    title: 'Test client',
    group: 'Run',
    icon: IconTerminal2,
    role: 'admin',
    load: () => import('../screens/test-client/test-client.tsx'),
  },
  {
    path: 'settings',
    title: 'Settings',
    group: 'Run',
    icon: IconAdjustmentsHorizontal,
    role: 'viewer',
    load: () => import('../screens/settings/settings.tsx'),
  },
  {
    path: 'access',
    title: 'Keys and operators',
    group: 'Administer',
    icon: IconKey,
    role: 'viewer',
    load: () => import('../screens/access/access.tsx'),
  },
  {
    path: 'audit',
    title: 'Audit',
    group: 'Administer',
    icon: IconClipboardList,
    role: 'operator',
    load: () => import('../screens/audit/audit.tsx'),
  },
];
