/** A process that opens WebSockets as fast as a server takes them, and holds them. It does what the rig tells it, one command at a time. */
import { Histogram } from '../rig/histogram.ts';
import type { ConnectAnswer, ConnectCommand, ConnectResult } from './connect-command.ts';
import { ConnectSocket, type ConnectTarget } from './connect-socket.ts';
import { mintToken } from './token-mint.ts';
import { acceptOf, upgradeKey, upgradeRequest } from './upgrade-request.ts';

/** A server whose queue of connections stays full has the kernel reset some; a client then comes again, and so does this one. */
const ATTEMPTS = 10;
/** So many that the ports of one are never short, however fast rounds follow one another. */
const SOURCE_ADDRESSES = 200;
const NOTHING: ConnectResult = { seconds: 0, cpuMs: 0, durations: [], retries: 0 };

let targets: readonly ConnectTarget[] = [];
let sockets: readonly ConnectSocket[] = [];
let lost: Error | undefined;
let retries = 0;

process.once('disconnect', () => process.exit(0));
process.on('message', (command: ConnectCommand) => {
  perform(command).then(
    (result) => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
  );
});

async function perform(command: ConnectCommand): Promise<ConnectResult> {
  if (lost !== undefined) throw lost;
  switch (command.kind) {
    case 'prepare':
      targets = prepare(command);
      return NOTHING;
    case 'connect': {
      const opened: ConnectSocket[] = [];
      const result = await timed(targets.length, command.inFlight, async (index) => {
        opened.push(await open(targets[index] as ConnectTarget));
      });
      sockets = opened;
      return result;
    }
    case 'subscribe':
      return timed(sockets.length, command.inFlight, (index) =>
        (sockets[index] as ConnectSocket).subscribe(command.topics[index % command.topics.length] ?? ''),
      );
    case 'reset':
      for (const socket of sockets) socket.reset();
      sockets = [];
      return NOTHING;
  }
}

function prepare({
  host,
  port,
  connections,
  tokens,
  network,
}: Extract<ConnectCommand, { readonly kind: 'prepare' }>): readonly ConnectTarget[] {
  const key = upgradeKey();
  const accept = acceptOf(key);
  return Array.from({ length: connections }, (_, index) => {
    const token = tokens === undefined ? undefined : mintToken(`${tokens.userPrefix}-${index}`, tokens.secret);
    const localAddress = `127.0.${network}.${1 + (index % SOURCE_ADDRESSES)}`;
    return { host, port, localAddress, request: upgradeRequest({ host, port, token }, key), accept };
  });
}

/** The time of a connect that is reset goes on until it succeeds. */
async function open(target: ConnectTarget): Promise<ConnectSocket> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ConnectSocket.open(target, (error) => (lost = error));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || attempt === ATTEMPTS) throw error;
      retries += 1;
    }
  }
}

/** Does `count` things with so many under way at once. */
async function timed(count: number, inFlight: number, perform: (index: number) => Promise<void>): Promise<ConnectResult> {
  const histogram = new Histogram();
  retries = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const began = performance.now();
      await perform(next++);
      histogram.record(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuMs: (user + system) / 1_000, durations: histogram.counts, retries };
}

function answer(message: ConnectAnswer): void {
  process.send?.(message);
}
