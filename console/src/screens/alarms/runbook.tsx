import { Anchor, Skeleton } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useGet } from '../../api/list.ts';
import { shellWord } from '../../ui/commands.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { Markdown } from './markdown.tsx';

/** What `ops/runbooks/{name}` answers. */
interface Runbook {
  readonly name: string;
  readonly title: string;
  readonly markdown: string;
}

const FIRST_HEADING = /^# .*\n+/;

export function Screen() {
  const { name = '' } = useParams();
  const path = `ops/runbooks/${encodeURIComponent(name)}`;
  const { data, error, refetch } = useGet<Runbook>(path);
  return (
    <ScreenFrame
      title={data?.title ?? name}
      about={
        <Anchor component={Link} to="/alarms" inherit>
          All alarms
        </Anchor>
      }
      equivalents={[{ path, cli: `waybill runbook ${shellWord(name)}` }]}
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton height={400} /> : <Markdown text={data.markdown.replace(FIRST_HEADING, '')} />}
    </ScreenFrame>
  );
}
