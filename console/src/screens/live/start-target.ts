export type TargetKind = 'user' | 'topic' | 'connection';

const KINDS: readonly TargetKind[] = ['user', 'topic', 'connection'];

/** `connection:7K3M-Q2ZD`, as other screens write it. What is none of these is a user. */
export function targetOf(start: string): { readonly kind: TargetKind; readonly name: string } {
  const colon = start.indexOf(':');
  const kind = KINDS.find((each) => each === start.slice(0, colon));
  return kind === undefined ? { kind: 'user', name: start } : { kind, name: start.slice(colon + 1) };
}
