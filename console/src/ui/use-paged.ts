import { useCallback } from 'react';
import { type Page, type Refresh, useGet } from '../api/list.ts';
import type { Query } from '../api/request.ts';
import { useUrlState } from './url-state.ts';

/**
 * One page of a list with its place in the address: `cursor` stands there, and goes when filters or the order change (call `restart` in the same step).
 * Pages behind the first do not refresh themselves: rows that move while one reads help nobody.
 */
export function usePaged<Item>(path: string, query: Query, options: { readonly refresh?: Refresh; readonly limit?: number } = {}) {
  const [{ cursor }, change] = useUrlState({ cursor: '' });
  const isFirst = cursor === '';
  const answer = useGet<Page<Item>>(
    path,
    { ...query, limit: options.limit ?? 50, cursor },
    { refresh: isFirst ? (options.refresh ?? false) : false },
  );
  const next = answer.data?.next;
  const onNext = useCallback(() => change({ cursor: next ?? '' }), [change, next]);
  const onFirst = useCallback(() => change({ cursor: '' }), [change]);
  return {
    ...answer,
    items: answer.data?.items,
    asOf: answer.data?.as_of,
    onNext: next === undefined ? undefined : onNext,
    onFirst: isFirst ? undefined : onFirst,
  };
}
