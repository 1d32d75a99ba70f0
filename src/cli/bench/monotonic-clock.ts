/** `performance.now` counts from the start of each process, `hrtime` from one timestamp for the whole machine. */
const OFFSET_MS = Number(process.hrtime.bigint()) / 1_000_000 - performance.now();

/** Milliseconds on a clock that all processes of this machine share and nobody sets. */
export function monotonicMs(): number {
  return performance.now() + OFFSET_MS;
}
