import type { Tone } from '../../ui/status.tsx';
import { bytes, count, duration } from '../../ui/format.ts';
import { closeWords, comesBack, initiatorWord } from './close-words.ts';
import type { ConnectionItem } from './connection-item.ts';

/** How a connection stands, in a sentence, and what to do about it. */
export interface Standing {
  readonly tone: Tone;
  readonly word: string;
  readonly sentence: string;
  readonly next?: string;
}

export function standingOf(item: ConnectionItem): Standing {
  if (item.state === 'closed') return endOf(item);
  if (item.state === 'authenticating')
    return { tone: 'quiet', word: 'signing in', sentence: 'It is connected and has not said who it is yet.' };
  if (item.state === 'draining')
    return { tone: 'quiet', word: 'closing', sentence: 'It is being closed; what it was sent goes out first.' };
  if (item.queued_bytes > 0)
    return {
      tone: 'warn',
      word: 'slow',
      sentence: `It takes less than is sent: ${bytes(item.queued_bytes)} in ${count(item.queued_frames)} frames wait, the oldest for ${duration(item.queued_ms)}.`,
      next: '“Slow consumers” says what will happen, and when.',
    };
  return {
    tone: 'good',
    word: 'open',
    sentence: `It takes what it is sent as fast as it comes${item.dropped_messages > 0 ? `; ${count(item.dropped_messages)} messages were dropped for it earlier` : ''}.`,
  };
}

function endOf({ close, age_ms: age }: ConnectionItem): Standing {
  if (close === undefined) return { tone: 'quiet', word: 'closed', sentence: 'It ended; how is not recorded.' };
  const { short, meaning, next, tone } = closeWords(close.code);
  const back = comesBack(close.code) ? '' : ' With this code a client does not come back by itself.';
  return {
    tone,
    word: short,
    sentence: `${meaning} It lasted ${duration(age)} and was ended by ${initiatorWord(close.initiator)} with ${close.code}, “${close.reason}”.${back}`,
    next,
  };
}
