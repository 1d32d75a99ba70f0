import { randomBytes } from 'node:crypto';
import type { Message, SubscribeOptions, WaybillClient } from '@waybill/client';
import type { Command } from 'commander';
import { sincePosition, wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { printable } from './terminal.js';

interface SubOptions {
  readonly user?: string;
  readonly since?: NonNullable<SubscribeOptions['since']>;
  readonly fromStart?: boolean;
  readonly count?: number;
}

export function addSubCommand(program: Command, context: CommandContext): void {
  program
    .command('sub')
    .description('Print the messages of topics, one line each, until it is interrupted')
    .argument('<topic...>', 'topics; $all for broadcasts, $user for messages to the --user')
    .option('-u, --user <id>', 'subscribe as this user; default: a name made up for this run')
    .option('--since <position>', 'begin after SEQ or EPOCH:SEQ', sincePosition)
    .option('--from-start', 'begin with the oldest message that is kept')
    .option('-n, --count <messages>', 'stop after so many messages', wholeNumber)
    .addHelpText(
      'after',
      `
Restarts of the gateway are survived: what was missed meanwhile is printed in its place. Connections lost and messages that
cannot be had are told on standard error.

Examples:
  waybill sub chat.lobby
  waybill sub orders.42 orders.43 --from-start --json
  waybill sub '$user' --user alice`,
    )
    .action((topics: string[], options: SubOptions) => subscribe(context, topics, options));
}

async function subscribe(context: CommandContext, topics: readonly string[], options: SubOptions): Promise<void> {
  const user = options.user ?? `cli-${randomBytes(4).toString('hex')}`;
  const plain = topics.filter((topic) => !topic.startsWith('$'));
  const client = await context.gateway().connectAs({ user, topics: { subscribe: plain } });
  const finished = new Promise<void>((resolve, reject) => {
    client.on('closed', (cause) => (cause.code === 'CLOSED' ? resolve() : reject(cause)));
    context.interrupted.addEventListener('abort', () => client.close(), { once: true });
  });
  // Both promises may fail by one cause; whichever is awaited later must not be "unhandled" meanwhile.
  finished.catch(() => undefined);
  tellOfConnection(context, client, topics);
  const print = printer(context, client, options.count);
  if (topics.includes('$all')) client.on('broadcast', print);
  if (topics.some((topic) => topic.startsWith('$user'))) client.on('direct', print);
  await client.connect();
  const since = options.fromStart === true ? 'start' : options.since;
  const subscriptions = plain.map((topic) => {
    const subscription = client.subscribe(topic, print, since === undefined ? {} : { since });
    subscription.on('ended', (cause) => {
      if (cause.code !== 'CLOSED') context.terminal.say(`The subscription to ${topic} ended: ${cause.message}`);
    });
    return subscription;
  });
  try {
    await Promise.all(subscriptions.map((subscription) => subscription.ready()));
    await finished;
  } catch (cause) {
    if (!context.interrupted.aborted) throw cause;
  } finally {
    client.close();
  }
}

function printer(context: CommandContext, client: WaybillClient, count: number | undefined): (message: Message) => void {
  let left = count ?? Number.POSITIVE_INFINITY;
  return (message) => {
    if (left <= 0) return;
    left -= 1;
    context.terminal.result(context.wantsJson() ? JSON.stringify(envelope(message)) : line(message));
    if (left === 0) client.close();
  };
}

function tellOfConnection({ terminal }: CommandContext, client: WaybillClient, topics: readonly string[]): void {
  client.on('connected', ({ ref, reconnected }) => {
    terminal.say(reconnected ? `Connected again (ref ${ref})` : `Connected (ref ${ref}); listening to ${topics.join(', ')}`);
  });
  client.on('disconnected', ({ code, reason }) => terminal.say(`Connection lost: ${reason === '' ? 'no reason given' : reason} (${code})`));
  client.on('retrying', ({ delayMs, cause }) => terminal.say(`Trying again in ${(delayMs / 1_000).toFixed(1)} s: ${cause.message}`));
  client.on('gap', ({ topic, from, to, reason }) => terminal.say(`Gap in ${topic}: ${from} to ${to} were missed (${reason})`));
  client.on('reset', ({ topic, current }) => terminal.say(`The log of ${topic} began anew: now at ${current.epoch}:${current.seq}`));
  client.on('error', (error) => terminal.say(`${error.code}: ${error.message}`));
}

function line({ topic, epoch, seq, action, data }: Message): string {
  return printable(`${topic} ${epoch}:${seq} ${action} ${JSON.stringify(data)}`);
}

function envelope({ topic, epoch, seq, msgId, action, data, timestamp, clientTimestamp }: Message): Readonly<Record<string, unknown>> {
  return { msg_id: msgId, timestamp, action, topic, epoch, seq, client_timestamp: clientTimestamp, data };
}
