import { CLOSE_CODES, type CloseName, mayReconnect } from '@waybill/client';
import type { Tone } from '../../ui/status.tsx';

interface CloseWords {
  /** Two or three words for a list. */
  readonly short: string;
  /** What it means. */
  readonly meaning: string;
  /** What somebody on call does next. */
  readonly next: string;
  readonly tone: Tone;
}

/** What each close of the gateway means to an operator. A code that the client's registry gains is asked for here by the compiler. */
const WORDS: Readonly<Record<CloseName, CloseWords>> = {
  NORMAL: { short: 'left', meaning: 'The client said goodbye.', next: 'Nothing to do.', tone: 'quiet' },
  PROTOCOL_ERROR: {
    short: 'broken frame',
    meaning: 'The client sent a frame that breaks the WebSocket standard.',
    next: 'The client, or a proxy on the way, is faulty: look at its version.',
    tone: 'bad',
  },
  UNSUPPORTED_DATA: {
    short: 'binary frame',
    meaning: 'The client sent a binary frame; only text is spoken here.',
    next: 'The client is not one of ours, or out of date.',
    tone: 'bad',
  },
  INVALID_PAYLOAD: {
    short: 'unreadable text',
    meaning: 'The client sent text that is not UTF-8, or that could not be inflated.',
    next: 'The client is faulty: look at its version.',
    tone: 'bad',
  },
  POLICY_VIOLATION: {
    short: 'transport limit',
    meaning: 'The client broke a limit of the transport, such as too many fragments or pings.',
    next: 'The refusal says which limit; a well-behaved client does not reach it.',
    tone: 'bad',
  },
  TOO_BIG: {
    short: 'frame too big',
    meaning: 'The client sent a message over the frame limit.',
    next: 'Send smaller messages, or raise the limit of a frame in the settings.',
    tone: 'bad',
  },
  INTERNAL_ERROR: {
    short: 'our defect',
    meaning: 'The gateway failed. The client comes back by itself.',
    next: 'This is a defect of the gateway: look for the error in the log under this connection.',
    tone: 'bad',
  },
  NODE_DRAINING: {
    short: 'node drained',
    meaning: 'The node was taken out of service; the client goes to another one.',
    next: 'Nothing to do, if the drain was meant: see “Nodes”.',
    tone: 'quiet',
  },
  DISCONNECTED: {
    short: 'disconnected',
    meaning: 'An operator ended it; its client may come back.',
    next: '“Audit” says who did, and why.',
    tone: 'warn',
  },
  TOKEN_EXPIRED: {
    short: 'token expired',
    meaning: 'Its token expired and no new one came in time. The client comes back with another.',
    next: 'If it does not, look whether the application still hands out tokens.',
    tone: 'warn',
  },
  NO_AUTH: {
    short: 'never signed in',
    meaning: 'It came without a token, and sent none in time.',
    next: 'The client is not one of ours, or could not get a token.',
    tone: 'warn',
  },
  SLOW_CONSUMER: {
    short: 'too slow',
    meaning: 'It read more slowly than was sent, until more waited than its budget. It comes back and is given what it missed.',
    next: 'See “Slow consumers”: its network, what it subscribes to, or the slow policy of the namespace.',
    tone: 'bad',
  },
  NO_PONG: {
    short: 'went silent',
    meaning: 'It did not answer a ping in time: the network or the device went away without a word.',
    next: 'One alone is ordinary. Many at once from one address point to the network there.',
    tone: 'warn',
  },
  STATE_LOST: {
    short: 'state lost',
    meaning: 'The gateway lost what it knew of this session. The client comes back and subscribes again.',
    next: 'Look at the health of the node at that time.',
    tone: 'bad',
  },
  CONNECTION_LIMIT: {
    short: 'over a limit',
    meaning: 'It was idle for too long, too old, or one too many.',
    next: 'The reason says which limit; the limits stand in the settings.',
    tone: 'warn',
  },
  RATE_LIMITED: {
    short: 'too many commands',
    meaning: 'It went on sending after it was told to slow down.',
    next: 'See “Refusals” for what it sent; the client should wait when it is told to.',
    tone: 'bad',
  },
  WRITE_STALLED: {
    short: 'took no byte',
    meaning: 'Not one byte could be written for the stall limit: the network path is dead, or the program hangs.',
    next: 'Nothing here; look at the device or its network.',
    tone: 'warn',
  },
  DISCONNECTED_FOR_GOOD: {
    short: 'sent away',
    meaning: 'An operator ended it for good; its client does not come back by itself.',
    next: '“Audit” says who did, and why.',
    tone: 'warn',
  },
  INVALID_TOKEN: {
    short: 'bad token',
    meaning: 'The token that it sent is not valid.',
    next: 'Look whether the application signs with the key that this gateway knows.',
    tone: 'bad',
  },
  FORBIDDEN: {
    short: 'revoked or blocked',
    meaning: 'Its token was revoked, or its user may not connect.',
    next: 'See whether the user is blocked, and “Audit” for who did it.',
    tone: 'warn',
  },
  REPLACED: {
    short: 'replaced',
    meaning: 'A newer connection of the same user took its place.',
    next: 'Ordinary where one connection for each user is allowed.',
    tone: 'quiet',
  },
  BAD_FRAMES: {
    short: 'too many bad frames',
    meaning: 'It sent malformed commands until its strikes were used up.',
    next: 'The client is faulty: “Refusals” says what it sent.',
    tone: 'bad',
  },
};

const BY_CODE: ReadonlyMap<number, CloseWords> = new Map(
  Object.entries(WORDS).map(([name, words]) => [CLOSE_CODES[name as CloseName], words]),
);
/** RFC 6455, section 7.4.1: no close frame came; a peer that goes away. */
const STANDARD: ReadonlyMap<number, CloseWords> = new Map([
  [1001, { short: 'went away', meaning: 'The page was left, or the program ended.', next: 'Nothing to do.', tone: 'quiet' }],
  [1005, { short: 'left', meaning: 'The client closed without giving a code.', next: 'Nothing to do.', tone: 'quiet' }],
  [
    1006,
    {
      short: 'cut off',
      meaning: 'The network connection ended without a goodbye: the program was killed, or the network was cut.',
      next: 'One alone is ordinary. Many at once from one address point to the network there.',
      tone: 'warn',
    },
  ],
]);

export function closeWords(code: number): CloseWords {
  return (
    BY_CODE.get(code) ??
    STANDARD.get(code) ?? {
      short: 'closed',
      meaning: 'The client closed it with a code of its own.',
      next: 'Ask whoever wrote the client.',
      tone: 'quiet',
    }
  );
}

/** Whether its client comes back by itself. */
export function comesBack(code: number): boolean {
  return mayReconnect(code);
}

/** Who ended it, in a word that follows "by". */
export function initiatorWord(initiator: string): string {
  return initiator === 'server'
    ? 'the gateway'
    : initiator === 'client'
      ? 'the client'
      : initiator === 'network'
        ? 'the network'
        : initiator;
}

export const KNOWN_CLOSES: readonly { readonly code: number; readonly short: string }[] = [...BY_CODE, ...STANDARD]
  .map(([code, { short }]) => ({ code, short }))
  .toSorted((a, b) => a.code - b.code);
