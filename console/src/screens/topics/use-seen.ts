import { useEffect, useState } from 'react';

/** Samples as they came while the page was open, oldest first, at most `most`; begins anew with another `key`. */
export function useSeen<Sample extends { readonly at: number }>(key: string, sample: Sample | undefined, most: number): readonly Sample[] {
  const [seen, setSeen] = useState<{ readonly key: string; readonly samples: readonly Sample[] }>({ key, samples: [] });
  const at = sample?.at;
  useEffect(() => {
    if (sample === undefined) return;
    setSeen((before) => ({ key, samples: [...(before.key === key ? before.samples : []), sample].slice(-most) }));
    // A sample is told from the one before by its time alone.
  }, [key, at, most]);
  return seen.key === key ? seen.samples : [];
}
