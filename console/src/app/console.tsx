import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from 'react-router';
import { shouldRetry } from '../api/api-error.ts';
import { ClockProvider } from '../ui/clock.tsx';
import { styleNonce } from './nonce.ts';
import { router } from './routes.tsx';
import { theme } from './theme.ts';

const RETRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < RETRIES && shouldRetry(error),
      staleTime: 1_000,
      refetchOnWindowFocus: true,
    },
  },
});

export function Console() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={queries}>
        <ClockProvider>
          <RouterProvider router={router} />
        </ClockProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
