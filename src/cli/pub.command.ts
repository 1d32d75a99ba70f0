import type { PublishResult } from '@waybill/client';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { payloadOf } from './payload.js';

interface PubOptions {
  readonly action?: string;
  readonly msgId?: string;
  readonly user?: string;
}

interface Receipt {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly msg_id: string;
  readonly subscribers?: number;
  readonly duplicate?: boolean;
}

export function addPubCommand(program: Command, context: CommandContext): void {
  program
    .command('pub')
    .description('Publish one message; prints its position once it is stored')
    .argument('<topic>', 'where to; $all for everyone')
    .argument('<data>', 'JSON, or a text where it is not JSON; - reads standard input')
    .option('-a, --action <name>', 'event name that subscribers see')
    .option('--msg-id <id>', 'idempotency key: a repeat with the same key is stored once')
    .option('-u, --user <id>', 'publish over a socket as this user, instead of by REST with the API key')
    .addHelpText(
      'after',
      `
Examples:
  waybill pub chat.lobby 'Hello'
  waybill pub orders.42 '{"state":"paid"}' --action order.paid --msg-id order-42-paid
  echo '{"state":"paid"}' | waybill pub orders.42 -`,
    )
    .action(async (topic: string, argument: string, options: PubOptions) => {
      const data = await payloadOf(argument, context.stdin);
      const receipt =
        options.user === undefined
          ? await byRest(context, topic, data, options)
          : await bySocket(context, options.user, topic, data, options);
      if (context.wantsJson()) context.terminal.json(receipt);
      else context.terminal.result(sentence(receipt));
    });
}

async function byRest(context: CommandContext, topic: string, data: unknown, { action, msgId }: PubOptions): Promise<Receipt> {
  const path = topic === '$all' ? 'broadcast' : `topics/${encodeURIComponent(topic)}/messages`;
  return (await context.gateway().call({ method: 'POST', path, body: { action, data, msg_id: msgId } })) as Receipt;
}

async function bySocket(
  context: CommandContext,
  user: string,
  topic: string,
  data: unknown,
  { action, msgId }: PubOptions,
): Promise<Receipt> {
  const grants = topic === '$all' ? { broadcast: true } : { topics: { publish: [topic] } };
  const client = await context.gateway().connectAs({ user, ...grants });
  try {
    return receiptOf(
      await client.publish(topic, data, { ...(action === undefined ? {} : { action }), ...(msgId === undefined ? {} : { msgId }) }),
    );
  } finally {
    client.close();
  }
}

function receiptOf({ topic, epoch, seq, msgId, duplicate }: PublishResult): Receipt {
  return { topic, epoch, seq, msg_id: msgId, ...(duplicate ? { duplicate } : {}) };
}

function sentence({ topic, epoch, seq, subscribers, duplicate }: Receipt): string {
  if (duplicate === true) return `${topic} ${epoch}:${seq} (stored before)`;
  return `${topic} ${epoch}:${seq}${subscribers === undefined ? '' : ` to ${subscribers} subscriber${subscribers === 1 ? '' : 's'}`}`;
}
