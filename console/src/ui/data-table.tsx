import { Button, Group, Skeleton, Table, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { useNavigate } from 'react-router';
import { ErrorNotice, Notice } from './notice.tsx';
import classes from './data-table.module.css';

export interface Column<Row> {
  /** Name of the field that the server sorts by, or any key where it does not. */
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  readonly numeric?: boolean;
  readonly sortable?: boolean;
  /** Left out on narrow windows. */
  readonly wide?: boolean;
}

interface DataTableProps<Row> {
  /** For those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  /** Address that a row leads to, by click, Enter, or in a new tab from its first cell. */
  readonly to?: (row: Row) => string;
  readonly error?: unknown;
  readonly onRetry?: () => void;
  readonly empty: { readonly title: string; readonly detail?: string };
  /** As REST has it: `field`, or `-field` for descending. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  /** Where there is a next page. */
  readonly onNext?: (() => void) | undefined;
  /** Where this is not the first. */
  readonly onFirst?: (() => void) | undefined;
}

const SKELETON_ROWS = 6;

/** A page of a list that the server has sorted, filtered and cut. Arrow keys walk through its rows. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { columns, rows, rowKey, to, error, onRetry, empty } = props;
  if (error !== undefined && error !== null && rows === undefined)
    return <ErrorNotice error={error} {...(onRetry === undefined ? {} : { onRetry })} />;
  return (
    <div>
      {error !== undefined && error !== null && <ErrorNotice error={error} />}
      <Table.ScrollContainer minWidth={0} className={classes['scroll'] ?? ''}>
        <Table className={classes['table'] ?? ''} aria-label={props.label} verticalSpacing={6} horizontalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Heading key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows === undefined
              ? Array.from({ length: SKELETON_ROWS }, (_, row) => <SkeletonRow key={row} columns={columns} />)
              : rows.map((row) => <Row key={rowKey(row)} row={row} columns={columns} to={to?.(row)} />)}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {rows?.length === 0 && <Notice {...empty} />}
      {(props.onNext !== undefined || props.onFirst !== undefined) && (
        <Group justify="flex-end" gap="xs" mt="xs">
          {props.onFirst !== undefined && (
            <Button size="xs" variant="default" onClick={props.onFirst}>
              First page
            </Button>
          )}
          {props.onNext !== undefined && (
            <Button size="xs" variant="default" onClick={props.onNext}>
              Next page
            </Button>
          )}
        </Group>
      )}
    </div>
  );
}

function Heading<Row>({
  column,
  sort = '',
  onSort,
}: {
  readonly column: Column<Row>;
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
}) {
  const { key, title, numeric = false, sortable = false } = column;
  const direction = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : undefined;
  const style = { textAlign: numeric ? ('right' as const) : ('left' as const) };
  return (
    <Table.Th style={style} {...(column.wide === true ? { visibleFrom: 'md' } : {})} aria-sort={direction ?? undefined}>
      {sortable && onSort !== undefined ? (
        <UnstyledButton className={classes['sort'] ?? ''} onClick={() => onSort(direction === 'descending' ? key : `-${key}`)}>
          {title}
          {direction === 'ascending' && <IconChevronUp size={13} />}
          {direction === 'descending' && <IconChevronDown size={13} />}
        </UnstyledButton>
      ) : (
        <Text span inherit>
          {title}
        </Text>
      )}
    </Table.Th>
  );
}

function Row<Row>({ row, columns, to }: { readonly row: Row; readonly columns: readonly Column<Row>[]; readonly to: string | undefined }) {
  const navigate = useNavigate();
  const element = useRef<HTMLTableRowElement>(null);
  const open = () => {
    if (to !== undefined && window.getSelection()?.toString() === '') void navigate(to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== element.current) return;
    if (event.key === 'Enter' && to !== undefined) void navigate(to);
    const other = event.key === 'ArrowDown' ? 'nextElementSibling' : event.key === 'ArrowUp' ? 'previousElementSibling' : undefined;
    if (other === undefined) return;
    event.preventDefault();
    (element.current?.[other] as HTMLElement | null)?.focus();
  };
  return (
    <Table.Tr
      ref={element}
      {...(to === undefined ? {} : { tabIndex: 0, onClick: open, onKeyDown, 'data-link': true })}
      className={classes['row'] ?? ''}
    >
      {columns.map(({ key, cell, numeric = false, wide = false }) => (
        <Table.Td key={key} className={numeric ? (classes['numeric'] ?? '') : ''} {...(wide ? { visibleFrom: 'md' } : {})}>
          {cell(row)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function SkeletonRow<Row>({ columns }: { readonly columns: readonly Column<Row>[] }) {
  return (
    <Table.Tr aria-hidden>
      {columns.map(({ key, wide = false }) => (
        <Table.Td key={key} {...(wide ? { visibleFrom: 'md' } : {})}>
          <Skeleton height={12} my={4} />
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
