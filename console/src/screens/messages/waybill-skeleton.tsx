import { Skeleton, Stack } from '@mantine/core';

/** Where things will stand, until they are known. */
export function WaybillSkeleton() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading">
      <Skeleton height={52} />
      <Skeleton height={178} />
      <Skeleton height={24} width={320} />
      <Skeleton height={300} />
    </Stack>
  );
}
