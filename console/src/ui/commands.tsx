import { Button, Code, Group, Popover, Stack, Text } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { API, queryString, type Query } from '../api/request.ts';
import { Copy } from './copy.tsx';

/** The same answer without this page. */
export interface Equivalent {
  /** Path below `/api/v1/`, its query included. */
  readonly path: string;
  readonly query?: Query;
  readonly method?: string;
  readonly body?: unknown;
  /** As typed: `waybill connections --user alice`. */
  readonly cli?: string;
}

/** A word that a POSIX shell takes as it stands, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w./:@=+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function curlOf({ path, query, method = 'GET', body }: Equivalent, origin: string): string {
  const words = ['curl', '-H "Authorization: Bearer $WAYBILL_API_KEY"'];
  if (method !== 'GET') words.push(`-X ${method}`);
  if (body !== undefined) words.push("-H 'Content-Type: application/json'", `-d ${shellWord(JSON.stringify(body))}`);
  return [...words, shellWord(`${origin}${API}/${path}${queryString(query)}`)].join(' ');
}

/** Opens the `curl` and the command line that answer or do the same as this screen. */
export function Commands({ equivalents }: { readonly equivalents: readonly Equivalent[] }) {
  return (
    <Popover position="bottom-end" width={560} withArrow shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" size="xs" leftSection={<IconTerminal2 size={15} />}>
          Commands
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="xs" className="quiet">
            The same from a terminal. Keys are made under “Keys and operators”.
          </Text>
          {equivalents.flatMap((each) => [
            ...(each.cli === undefined ? [] : [<Line key={each.cli} text={each.cli} />]),
            <Line key={`${each.method ?? 'GET'} ${each.path}`} text={curlOf(each, window.location.origin)} />,
          ])}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function Line({ text }: { readonly text: string }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Code block style={{ flex: 1, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} data-command>
        {text}
      </Code>
      <Copy text={text} what="command" />
    </Group>
  );
}
