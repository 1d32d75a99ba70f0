/** Loaded into a gateway that runs with --expose-gc: SIGUSR2 collects all garbage, so that the heap's size is what is really held. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
