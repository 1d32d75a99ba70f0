/**
 * Preload for a process whose memory is measured: SIGUSR2 makes it collect its garbage, all of it, so that a figure does not
 * depend on when V8 last did. Until the signal comes it changes nothing.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.on('SIGUSR2', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;
  // Goes on until nothing more is found, and gives free pages back.
  collect({ type: 'major', flavor: 'last-resort' });
});
