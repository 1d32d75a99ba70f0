import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a peer answers whenever it is asked. */
export interface PeerFacts {
  readonly port: number;
  readonly heapBytes: number;
  readonly connections: number;
  /** 99th percentile of the event loop's delay since the last question, in milliseconds: the same clock that the gateway's metric reads. */
  readonly loopP99Ms: number;
}

/** The side of a peer's process: answers the rig's questions, and ends with it. */
export function answerAsPeer(port: () => number, connections: () => number): void {
  const delays = monitorEventLoopDelay();
  delays.enable();
  process.once('disconnect', () => process.exit(0));
  process.on('message', () => {
    const facts: PeerFacts = {
      port: port(),
      heapBytes: process.memoryUsage().heapUsed,
      connections: connections(),
      loopP99Ms: delays.percentile(99) / 1e6,
    };
    delays.reset();
    process.send?.(facts);
  });
}
