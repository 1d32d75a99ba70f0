import { Anchor, Code, Table, Text, Title } from '@mantine/core';
import { marked, type Token, type Tokens } from 'marked';
import { Fragment, type ReactNode, useMemo } from 'react';
import { Link } from 'react-router';
import { Copy } from '../../ui/copy.tsx';
import { linkOf } from './runbook-link.ts';
import classes from './markdown.module.css';

/** Markdown as elements: only its structure is read, and markup within it stands there as text. */
export function Markdown({ text }: { readonly text: string }) {
  const tokens = useMemo(() => marked.lexer(text), [text]);
  return <div className={classes['markdown']}>{all(tokens)}</div>;
}

function all(tokens: readonly Token[] | undefined): ReactNode {
  return tokens?.map((token, place) => <Fragment key={place}>{one(token)}</Fragment>);
}

function one(token: Token): ReactNode {
  switch (token.type) {
    case 'space':
      return null;
    case 'heading':
      // The screen has the first heading; those of the page stand below it.
      return <Title order={token['depth'] <= 2 ? 2 : 3}>{all(token['tokens'])}</Title>;
    case 'paragraph':
      return <p>{all(token['tokens'])}</p>;
    case 'list':
      return list(token as Tokens.List);
    case 'code':
      return <Block text={String(token['text'])} />;
    case 'table':
      return table(token as Tokens.Table);
    case 'blockquote':
      return <blockquote>{all(token['tokens'])}</blockquote>;
    case 'strong':
      return <strong>{all(token['tokens'])}</strong>;
    case 'em':
      return <em>{all(token['tokens'])}</em>;
    case 'codespan':
      return <Code>{String(token['text'])}</Code>;
    case 'br':
      return <br />;
    case 'hr':
      return <hr />;
    case 'link':
      return link(token as Tokens.Link);
    case 'escape':
      return String(token['text']);
    case 'text':
      return token['tokens'] === undefined ? String(token['text']) : all(token['tokens']);
    default:
      return token.raw;
  }
}

function list({ ordered, start, items }: Tokens.List): ReactNode {
  const rows = items.map((item, place) => <li key={place}>{all(item.tokens)}</li>);
  return ordered ? <ol {...(typeof start === 'number' ? { start } : {})}>{rows}</ol> : <ul>{rows}</ul>;
}

function table({ header, rows }: Tokens.Table): ReactNode {
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table fz="sm">
        <Table.Thead>
          <Table.Tr>
            {header.map(({ tokens }, place) => (
              <Table.Th key={place}>{all(tokens)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((cells, row) => (
            <Table.Tr key={row}>
              {cells.map(({ tokens }, place) => (
                <Table.Td key={place}>{all(tokens)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function link({ href, tokens }: Tokens.Link): ReactNode {
  const { to, href: away } = linkOf(href);
  if (to !== undefined)
    return (
      <Anchor component={Link} to={to} inherit>
        {all(tokens)}
      </Anchor>
    );
  if (away === undefined)
    return (
      <Text span inherit title={href}>
        {all(tokens)}
      </Text>
    );
  return (
    <Anchor href={away} target="_blank" rel="noreferrer" inherit>
      {all(tokens)}
    </Anchor>
  );
}

function Block({ text }: { readonly text: string }) {
  return (
    <div className={classes['block']}>
      <Code block>{text}</Code>
      <span className={classes['copy']}>
        <Copy text={text} what="command" />
      </span>
    </div>
  );
}
