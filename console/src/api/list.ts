import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { MissingNode } from '../ui/missing-nodes.tsx';
import { get, type Query } from './request.ts';

/** A page of a list, as every list of REST answers. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** When it was read, in milliseconds since the epoch. */
  readonly as_of: number;
  /** Cursor of the next page; absent on the last. */
  readonly next?: string;
  /** Items in all, where that is known. */
  readonly total?: number;
  /** False: the memory it was read from no longer reached back to the beginning. */
  readonly complete?: boolean;
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
}

/** How often a screen asks again, in milliseconds. False: not at all. */
export type Refresh = number | false;

/** The answer to one GET below `/api/v1/`, asked again every `refresh` while the page is in front. */
export function useGet<Data>(path: string, query?: Query, options: { readonly refresh?: Refresh; readonly enabled?: boolean } = {}) {
  return useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => get<Data>(path, query, signal),
    refetchInterval: options.refresh ?? false,
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
  });
}
