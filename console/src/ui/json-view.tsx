import { Code } from '@mantine/core';

/** A value as indented JSON, as text: nothing in it is ever markup. */
export function JsonView({ value }: { readonly value: unknown }) {
  return (
    <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxHeight: 420, overflow: 'auto' }} tabIndex={0}>
      {JSON.stringify(value, undefined, 2)}
    </Code>
  );
}
