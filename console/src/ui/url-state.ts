import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

/**
 * What a screen shows, kept in its address: it survives a reload, can be sent to a colleague, and the browser's way back works.
 * Names with their defaults; a value that equals its default is left out of the address. Setting several at once is one step back.
 */
export function useUrlState<Name extends string>(
  defaults: Readonly<Record<Name, string>>,
): [Readonly<Record<Name, string>>, (change: Partial<Record<Name, string | undefined>>) => void] {
  const [parameters, setParameters] = useSearchParams();
  // Defaults are written in place by their screens; only what they say counts.
  const key = JSON.stringify(defaults);
  const values = useMemo(() => {
    const known = JSON.parse(key) as Record<Name, string>;
    const names = Object.keys(known) as Name[];
    return Object.fromEntries(names.map((name) => [name, parameters.get(name) ?? known[name]])) as Record<Name, string>;
  }, [parameters, key]);
  const change = useCallback(
    (next: Partial<Record<Name, string | undefined>>) => {
      const known = JSON.parse(key) as Record<Name, string>;
      setParameters((before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(next) as [Name, string | undefined][]) {
          if (value === undefined || value === known[name]) after.delete(name);
          else after.set(name, value);
        }
        return after;
      });
    },
    [key, setParameters],
  );
  return [values, change];
}
