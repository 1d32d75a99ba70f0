import { moment } from '../in-words.js';
import type { Sources } from '../ledger-sources.js';
import { rightStep, step, userStep } from './chain-steps.js';
import type { Explanation, Step, UserFindings } from './findings.js';
import { gatherUser } from './gather.js';
import { endOf, joined, refusedWords, sentence } from './wording.js';

/** `receives`: a subscription is live; `refused`: a rule keeps them out; `unknown`: only a token would tell, or a node that was not heard. */
export type NowOutcome = 'receives' | 'not_subscribed' | 'refused' | 'unknown';

const BEYOND_EVERY_MESSAGE = Number.MAX_SAFE_INTEGER;

/** Whether a user receives what is published to a topic now, and why not. */
export async function explainNow(sources: Sources, user: string, topic: string): Promise<Explanation> {
  const elsewhere = await sources.others.user({ user, topic });
  const now = Date.now();
  const { epoch, head } = await sources.stored.ends(topic);
  const findings = await gatherUser(sources, user, { topic, epoch, seq: BEYOND_EVERY_MESSAGE }, elsewhere, { around: now, now });
  const live = sources.subscribers.of(topic).filter((one) => one.user === user);
  const here = live.map(({ connection }) => sources.gateway.connection(connection)?.ref ?? connection);
  const refs = [...here, ...findings.subscribedElsewhere];
  const outcome = outcomeOf(findings, refs.length);
  return {
    user,
    topic,
    epoch,
    answer: answerOf(findings, outcome, refs),
    outcome,
    steps: [
      topicStep(topic, epoch, head),
      userStep(findings),
      rightStep(findings),
      connectionStep(findings),
      subscriptionStep(findings, refs),
    ],
    missing: findings.missing,
    as_of: now,
  };
}

function outcomeOf({ right, missing }: UserFindings, live: number): NowOutcome {
  if (live > 0) return 'receives';
  if (right.allowed === undefined || missing.length > 0) return 'unknown';
  return right.allowed ? 'not_subscribed' : 'refused';
}

function answerOf(findings: UserFindings, outcome: NowOutcome, refs: readonly string[]): string {
  const { user, topic, right, connections, refused, isKnown, missing } = findings;
  if (outcome === 'receives') return `${user} receives what is published to ${topic} now: subscribed on ${refs.join(', ')}.`;
  if (missing.length > 0)
    return joined(
      `Whether ${user} receives ${topic} now is not known: on the nodes that answered they are not subscribed, and`,
      sentence(missing.map(({ node, says }) => `${node} ${says}`).join('; ')),
    );
  const unknown = isKnown ? '' : `There is no record of a user named ${user}. Look at the spelling of the id.`;
  const connected =
    connections.now.length > 0
      ? `They are connected (${connections.now.map(({ ref }) => ref).join(', ')}), but not subscribed.`
      : joined(
          'They are not connected.',
          refused.connect === undefined ? '' : `Their attempts to connect were ${refusedWords(refused.connect)}`,
        );
  if (outcome === 'refused') return joined(unknown, `${user} may not receive ${topic}: ${sentence(right.detail)}`);
  const tried = refused.subscribe === undefined ? '' : `Their subscribe was ${refusedWords(refused.subscribe)}`;
  if (outcome === 'unknown')
    return joined(unknown, `${user} does not receive ${topic} now. ${connected}`, tried, sentence(`Whether they may: ${right.detail}`));
  return joined(unknown, `${user} may receive ${topic}, but does not now. ${connected}`, tried);
}

function topicStep(topic: string, epoch: string, head: number): Step {
  return step(
    'message',
    head === 0 ? 'none' : 'stored',
    head === 0 ? `nothing has been published to ${topic} yet` : `the last message of ${topic} is ${head}, in epoch ${epoch}`,
  );
}

function connectionStep({ connections: { now, before }, refused }: UserFindings): Step {
  if (now.length > 0)
    return step(
      'connection',
      'connected',
      now.map(({ ref, node, opened_at: at }) => `${ref} on node ${node} since ${moment(at)}`).join('; '),
    );
  const words = [
    before === undefined ? 'no connection is recorded' : `the last one, ${before.ref}, ${endOf(before, new Map())}`,
    ...(refused.connect === undefined ? [] : [`attempts to connect were ${refusedWords(refused.connect)}`]),
  ];
  return step('connection', before === undefined ? 'none' : 'away', words.join('; '), before?.closed_at);
}

function subscriptionStep({ receipts, topic }: UserFindings, refs: readonly string[]): Step {
  if (refs.length > 0) return step('subscription', 'open', `live on ${refs.join(', ')}`);
  const [latest] = receipts;
  const last = latest?.receipt.closedAt === undefined ? '' : `; the last one ended at ${moment(latest.receipt.closedAt)}`;
  return step('subscription', 'none', `no live subscription to ${topic}${last}`);
}
