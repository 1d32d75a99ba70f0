import { Status } from '../../ui/status.tsx';

/** `OK`, or why it was refused. */
export function ResultBadge({ result }: { readonly result: string }) {
  return <Status tone={result === 'OK' ? 'good' : 'bad'}>{result}</Status>;
}
