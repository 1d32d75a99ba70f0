import { Status } from '../../ui/status.tsx';
import { written } from './setting.ts';

/** A value, with its unit where it has one. */
export function Value({ value, unit = '-' }: { readonly value: unknown; readonly unit?: string }) {
  const none = value === undefined || value === null;
  return (
    <span className={none ? 'quiet' : 'mono breakable'}>
      {written(value)}
      {!none && unit !== '-' && unit !== 'text' && <span className="quiet"> {unit}</span>}
    </span>
  );
}

/** Where a value comes from; what is not the default stands out. */
export function Source({ source }: { readonly source: string }) {
  if (source === 'default') return <span className="quiet">{source}</span>;
  return <Status tone={source === 'settings' ? 'accent' : 'quiet'}>{source === 'settings' ? 'set at run time' : source}</Status>;
}
