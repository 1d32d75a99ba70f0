import { Alert, Button, Center, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError, sentenceOf } from '../api/api-error.ts';

interface NoticeProps {
  readonly title: string;
  readonly detail?: string;
  readonly tone?: 'quiet' | 'bad';
  readonly action?: ReactNode;
}

/** What stands where there is nothing to show: says why, and what may be done. */
export function Notice({ title, detail, tone = 'quiet', action }: NoticeProps) {
  return (
    <Center py={48} px="md">
      <Stack gap={6} align="center" maw={520} role={tone === 'bad' ? 'alert' : undefined}>
        <Text fw={600} c={tone === 'bad' ? 'var(--waybill-bad)' : undefined} ta="center">
          {title}
        </Text>
        {detail !== undefined && (
          <Text size="sm" className="quiet breakable" ta="center">
            {detail}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

/** A refusal or a failure in the gateway's own words, with its code and its trace. */
export function ErrorNotice({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const code = error instanceof ApiError ? error.code : undefined;
  const trace = error instanceof ApiError ? error.traceId : undefined;
  return (
    <Alert color="red" title={code ?? 'Failed'} role="alert" my="sm">
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breakable">
          {sentenceOf(error)}
        </Text>
        {trace !== undefined && (
          <Text size="xs" className="mono quiet">
            trace {trace}
          </Text>
        )}
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
