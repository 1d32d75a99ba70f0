import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { BrokenScreen } from './broken-screen.tsx';
import { NoSuchPage } from './no-such-page.tsx';
import { SCREENS } from './screens.ts';
import { Gate } from './gate.tsx';

const pages: RouteObject[] = SCREENS.flatMap((screen) => [
  { path: screen.path, lazy: lazy(screen.load), ErrorBoundary: BrokenScreen },
  ...(screen.below ?? []).map(({ path, load }) => ({ path: `${screen.path}/${path}`, lazy: lazy(load), ErrorBoundary: BrokenScreen })),
]);

function lazy(load: (typeof SCREENS)[number]['load']) {
  return async () => ({ Component: (await load()).Screen });
}

export const router = createBrowserRouter(
  [
    {
      path: '/',
      Component: Gate,
      ErrorBoundary: BrokenScreen,
      HydrateFallback: () => null,
      children: [{ index: true, element: <Navigate to="/overview" replace /> }, ...pages, { path: '*', Component: NoSuchPage }],
    },
  ],
  { basename: '/console' },
);
