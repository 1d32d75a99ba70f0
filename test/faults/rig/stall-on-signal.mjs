/** Loaded into a gateway before it starts: at SIGUSR2 its event loop stands still, for as many milliseconds as the file STALL_FILE says. */
import { readFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  const end = performance.now() + Number(readFileSync(process.env['STALL_FILE'] ?? '', 'utf8'));
  while (performance.now() < end);
});
