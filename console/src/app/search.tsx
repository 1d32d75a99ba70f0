import { TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type FormEvent, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { placeOf } from './search-place.ts';

/** One field for whatever somebody reads to you: a ref, an id of a message, a connection or a trace, `topic#position`, a user. */
export function Search() {
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  useHotkeys([['/', () => field.current?.focus()]]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const place = placeOf(text);
    if (place !== undefined) void navigate(place);
    setText('');
    field.current?.blur();
  };
  return (
    <form role="search" onSubmit={submit} style={{ flex: '1 1 0', minWidth: 0, maxWidth: 460 }}>
      <TextInput
        ref={field}
        size="xs"
        aria-label="Go to a ref, message, trace, topic#position or user"
        placeholder="Ref, message, trace, topic#12, user   ( / )"
        leftSection={<IconSearch size={15} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        spellCheck={false}
      />
    </form>
  );
}
