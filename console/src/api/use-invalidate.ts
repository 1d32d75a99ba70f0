import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

/** Reads anew whatever was read below a path: after a change. */
export function useInvalidate(path: string): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(
    () => queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith(path) }),
    [queries, path],
  );
}
