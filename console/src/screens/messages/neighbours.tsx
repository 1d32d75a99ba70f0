import { Button } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { type Place, waybillPage } from './places.ts';

/** To the message before and the one after. */
export function Neighbours({ place, head }: { readonly place: Place; readonly head: number | undefined }) {
  const { seq } = place;
  return (
    <Button.Group>
      <Step label="The message before" to={seq > 1 ? waybillPage({ ...place, seq: seq - 1 }) : undefined}>
        <IconChevronLeft size={15} />
      </Step>
      <Step label="The message after" to={head !== undefined && seq < head ? waybillPage({ ...place, seq: seq + 1 }) : undefined}>
        <IconChevronRight size={15} />
      </Step>
    </Button.Group>
  );
}

function Step({ label, to, children }: { readonly label: string; readonly to: string | undefined; readonly children: ReactNode }) {
  if (to === undefined)
    return (
      <Button size="xs" variant="default" px={8} aria-label={label} disabled>
        {children}
      </Button>
    );
  return (
    <Button component={Link} to={to} size="xs" variant="default" px={8} aria-label={label}>
      {children}
    </Button>
  );
}
