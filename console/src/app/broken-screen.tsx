import { Button } from '@mantine/core';
import { useRouteError } from 'react-router';
import { sentenceOf } from '../api/api-error.ts';
import { Notice } from '../ui/notice.tsx';

/** A screen that failed: a newer build may have taken away the files of this one, and loading again gets them. */
export function BrokenScreen() {
  const error = useRouteError();
  return (
    <Notice
      tone="bad"
      title="This screen failed"
      detail={`${sentenceOf(error)}. If the gateway was upgraded, load the page again.`}
      action={<Button onClick={() => window.location.reload()}>Load again</Button>}
    />
  );
}
