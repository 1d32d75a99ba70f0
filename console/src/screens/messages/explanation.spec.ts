import { describe, expect, it } from 'vitest';
import { type Explanation, outcomeOf, stepTone, whatToDo } from './explanation.ts';

function explanation(outcome: string, steps: readonly (readonly [string, string])[] = [], seq: number | undefined = 2): Explanation {
  const told = steps.map(([step, result]) => ({ step, result, detail: '' }));
  return { user: 'a&b', topic: 't', outcome, answer: '', steps: told, as_of: 0, ...(seq === undefined ? {} : { seq }) };
}

describe('a link of the chain', () => {
  it.each([
    ['message', 'stored', 'good'],
    ['write', 'not_written', 'bad'],
    ['queue', 'lagged', 'warn'],
    ['connection', 'none', 'bad'],
    ['ack', 'none', 'quiet'],
    ['node', 'lost', 'bad'],
    ['user', 'unknown', 'bad'],
    ['right', 'depends_on_token', 'quiet'],
    ['write', 'a_word_of_tomorrow', 'quiet'],
  ])('%s %s is %s', (step, result, tone) => {
    expect(stepTone({ step, result })).toBe(tone);
  });
});

describe('the outcome', () => {
  it('is of a message, or of now', () => {
    expect(outcomeOf(explanation('not_subscribed')).label).toBe('not subscribed');
    const { seq: _seq, ...now } = explanation('not_subscribed');
    expect(outcomeOf(now).label).toBe('not subscribed now');
  });
});

describe('what to do', () => {
  it.each<[Explanation, string]>([
    [explanation('not_subscribed', [['user', 'unknown']]), 'how the id is spelt'],
    [explanation('not_subscribed', [['user', 'blocked']]), 'Lift the block'],
    [explanation('not_subscribed', [['right', 'refused']]), 'Give their token the right'],
    [explanation('queued'), 'Look again'],
    [explanation('dropped'), 'resumes'],
    [explanation('fetched'), 'they have read it'],
    [explanation('unconfirmed'), 'cannot be known'],
  ])('%# has a next step: %s', (told, words) => {
    expect(whatToDo(told).text).toContain(words);
  });

  it('never lets an id of a user become a part of an address', () => {
    expect(whatToDo(explanation('written')).to).toBe('/connections?state=all&user=a%26b');
  });
});
