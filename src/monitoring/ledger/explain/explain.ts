import type { Sources } from '../ledger-sources.js';
import { locate, type PlaceQuery } from '../located-message.js';
import { answerOf } from './answer.js';
import { connectionStep, ledgerStep, messageStep, rightStep, userStep } from './chain-steps.js';
import type { Explanation, Findings } from './findings.js';
import { gather } from './gather.js';
import { catchUpSteps, receiptSteps } from './receipt-steps.js';

/** Why a user received a message, or did not: the chain of what was decided, and its sum in plain words. */
export async function explain(sources: Sources, user: string, place: PlaceQuery): Promise<Explanation> {
  return explanationOf(await gather(sources, user, await locate(sources, place)));
}

export function explanationOf(findings: Findings): Explanation {
  const { user, located, outcome, now, missing } = findings;
  return {
    user,
    topic: located.topic,
    epoch: located.epoch,
    seq: located.seq,
    answer: answerOf(findings),
    outcome,
    steps: [
      messageStep(findings),
      ledgerStep(findings),
      userStep(findings),
      rightStep(findings),
      connectionStep(findings),
      ...receiptSteps(findings),
      ...catchUpSteps(findings),
    ],
    missing,
    as_of: now,
  };
}
