/**
 * Loaded into a gateway before it starts: its wall clock is ahead by CLOCK_SHIFT_MS, and at SIGUSR2 by what the file CLOCK_FILE says.
 * Its monotonic clock and its timers are left alone, as they are when a machine's clock is set.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
const realNow = Date.now;
let shift = Number(process.env['CLOCK_SHIFT_MS'] ?? 0);

Date.now = () => realNow() + shift;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, made) => Reflect.construct(target, values.length === 0 ? [Date.now()] : values, made),
  apply: (target) => new target(Date.now()).toString(),
});
process.on('SIGUSR2', () => (shift = Number(readFileSync(process.env['CLOCK_FILE'] ?? '', 'utf8'))));
