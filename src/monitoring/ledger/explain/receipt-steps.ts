import { between, bytes, duration, moment } from '../in-words.js';
import { step } from './chain-steps.js';
import type { CoveringReceipt, Findings, Step } from './findings.js';
import { connectionName, endOf } from './wording.js';

/** Receipts that are told step by step; who subscribed more often than that finds the rest in the waybill. */
const MOST_TOLD = 5;

/** What became of the message at each subscription that it was owed to. */
export function receiptSteps(findings: Findings): readonly Step[] {
  const { covering, user, topic } = findings;
  if (covering.length === 0) {
    const [latest] = findings.receipts;
    const known =
      latest === undefined
        ? 'none is recorded at all'
        : `the latest one of ${findings.receipts.length} was opened at ${moment(latest.receipt.openedAt)} and covers what came after message ${latest.receipt.after}`;
    return [step('subscription', 'none', `no subscription of ${user} to ${topic} covers the message; ${known}`)];
  }
  const told = covering.slice(-MOST_TOLD).flatMap((one) => stepsOf(one, findings));
  if (covering.length <= MOST_TOLD) return told;
  return [step('subscription', 'more', `${covering.length - MOST_TOLD} earlier subscriptions cover it too; see the waybill`), ...told];
}

function stepsOf(one: CoveringReceipt, findings: Findings): readonly Step[] {
  return [subscriptionStep(one, findings), nodeStep(one), queueStep(one, findings), writeStep(one, findings), ...ackSteps(one)];
}

function subscriptionStep(one: CoveringReceipt, { located: { seq }, endedBy }: Findings): Step {
  const { receipt } = one.found;
  const begin = `${connectionName(one)}, subscribed since ${moment(receipt.openedAt)} from after message ${receipt.after}`;
  const how = seq <= receipt.recoveredTo ? ', and was given what it had missed from history' : '';
  if (receipt.closedAt === undefined) return step('subscription', 'open', `${begin}${how}`, receipt.openedAt);
  const end = one.connection?.state === 'closed' ? `; the connection ${endOf(one.connection, endedBy)}` : '';
  const until = `to ${moment(receipt.closedAt)}, when the topic’s last message was ${receipt.head}${end}`;
  return step('subscription', 'closed', `${begin}${how}, ${until}`, receipt.openedAt);
}

function nodeStep({ found }: CoveringReceipt): Step {
  const { state, node, run } = found;
  if (state.kind === 'lost')
    return step('node', 'lost', `node ${node} (start ${run}) was lost; it had recorded up to message ${state.recorded}`);
  if (state.kind === 'remote')
    return step('node', 'remote', `node ${node} has the subscription; it has recorded up to message ${state.recorded}`);
  return step('node', 'known', `node ${node} has told all that it did for this subscription`);
}

function queueStep({ found, judgement, connection }: CoveringReceipt, { located: { seq } }: Findings): Step {
  const { receipt } = found;
  if (judgement.outcome === 'dropped')
    return step('queue', 'dropped', `not given to the connection: ${judgement.reason ?? 'no reason recorded'}`);
  if (judgement.outcome === 'queued') {
    const waits =
      connection === undefined ? '' : `: ${bytes(connection.queued_bytes)} wait, the oldest for ${duration(connection.queued_ms)}`;
    return step('queue', 'waiting', `it waits in this process${waits}`);
  }
  if (seq > receipt.offered) return step('queue', 'not_reached', 'it never came to the connection’s queue');
  return receipt.lagged
    ? step('queue', 'lagged', 'the connection was slow at times: messages had to wait for it')
    : step('queue', 'passed', 'nothing had to wait for this connection');
}

function writeStep(one: CoveringReceipt, { located: { seq } }: Findings): Step {
  const { judgement, writtenBetween, found } = one;
  switch (judgement.outcome) {
    case 'acked':
    case 'written':
      return step(
        'write',
        'written',
        `handed to the kernel ${writtenBetween === undefined ? '' : between(writtenBetween)}`,
        writtenBetween?.[1],
      );
    case 'queued':
    case 'pending':
      return step('write', 'waiting', 'not written yet');
    case 'unconfirmed':
      return step(
        'write',
        'in_flight',
        'it was in the socket when the connection ended; how much of that arrived is not known',
        found.receipt.closedAt,
      );
    case 'unknown':
      return step('write', 'unknown', `not recorded: ${(judgement.reason ?? 'unknown').replaceAll('_', ' ')}`);
    case 'dropped':
      return step('write', 'not_written', 'it was dropped before');
    default:
      return step(
        'write',
        'not_written',
        `the last message written was ${Math.min(found.receipt.written, seq - 1)}`,
        found.receipt.closedAt,
      );
  }
}

function ackSteps({ found: { receipt }, judgement }: CoveringReceipt): readonly Step[] {
  if (judgement.outcome === 'acked') {
    const by = receipt.ackedAt === undefined ? '' : `, by ${moment(receipt.ackedAt)}`;
    return [step('ack', 'acked', `the client acknowledged everything up to message ${receipt.acked}${by}`, receipt.ackedAt)];
  }
  if (judgement.outcome !== 'written') return [];
  const last = receipt.acked === 0 ? 'the client acknowledged nothing' : `the client acknowledged up to message ${receipt.acked}`;
  return [step('ack', 'none', last)];
}

/** Whether the message came to them later than to the others. */
export function catchUpSteps({ fetches, covering, located: { seq } }: Findings): readonly Step[] {
  const steps: Step[] = [];
  for (const one of covering) {
    if (seq > one.found.receipt.recoveredTo) continue;
    const { receipt } = one.found;
    steps.push(
      step(
        'catch_up',
        'recovered',
        `${connectionName(one)} was given messages ${receipt.after + 1} to ${receipt.recoveredTo} from history`,
        receipt.openedAt,
      ),
    );
  }
  for (const { fetch, connection } of fetches) {
    const how = fetch.connection === undefined ? 'by REST' : `on connection ${connection?.ref ?? fetch.connection}`;
    steps.push(step('catch_up', 'fetched', `messages ${fetch.from} to ${fetch.to} were read from history ${how}`, fetch.at));
  }
  return steps.length > 0 ? steps : [step('catch_up', 'none', 'no later read of it is recorded')];
}
