import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { Notice } from '../ui/notice.tsx';

export function NoSuchPage() {
  return (
    <Notice
      title="There is no such page"
      detail="The address is wrong, or the page went away with an upgrade."
      action={
        <Anchor component={Link} to="/overview">
          To the overview
        </Anchor>
      }
    />
  );
}
