import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { ANSWER, type AnswerWord, CALL, type CallWord, refusalOf, refusalWord } from './call-words.js';
import type { NodeChannel } from './node-channel.js';
import { type Asked, OpenCall } from './open-call.js';
import type { Registry } from './registry.js';

const RETRY_AFTER_MS = 1_000;

export interface AskOptions {
  /** How long answers are waited for, in milliseconds; `cluster.callTimeoutMs` where nothing is said. */
  readonly timeoutMs?: number;
  /** Only this node's part is wanted: nobody else is asked, or named. */
  readonly only?: string | undefined;
}

/** Its parameter has the type that those who ask agree on. `from` is the name of the node that asks; this node's own, where it asks itself. */
export type CallHandler = (question: never, from: string) => unknown;

/**
 * Questions from one node to all, or to one. The contract's hard sentence: an answer comes within the time that was given, and every node that is
 * known and is not in it is named with the reason; a question may have been carried out by a node that is named missing. This node answers
 * itself directly, so it answers whatever became of Redis.
 */
export class ClusterCalls {
  private readonly logger = new Logger('ClusterCalls');
  private readonly handlers = new Map<string, CallHandler>();
  private readonly open = new Map<string, OpenCall<AnswerWord>>();
  private answering = 0;

  constructor(
    private readonly limits: Pick<Config['cluster'], 'callTimeoutMs' | 'callAnswerBytes' | 'callsAtOnce'>,
    private readonly channel: NodeChannel,
    private readonly registry: Pick<Registry, 'others' | 'find'>,
  ) {
    channel.on(CALL, (word, from) => {
      if (from !== this.node) void this.answerTo(word as unknown as CallWord, from);
    });
    channel.on(ANSWER, (word, from) => {
      const answer = word as unknown as AnswerWord;
      this.open.get(answer.id)?.answered(from, answer);
    });
  }

  get node(): string {
    return this.channel.node;
  }

  /** Whether no other node is known. */
  get isAlone(): boolean {
    return this.registry.others().length === 0;
  }

  /** Whether a node of this name is there, or was lately. */
  knows(node: string): boolean {
    return this.registry.find(node) !== undefined;
  }

  /** Answers questions of a kind: what the handler returns is sent as JSON, a `Refusal` that it throws is thrown where it was asked. The answer ends it. */
  answer(kind: string, handler: CallHandler): () => void {
    if (this.handlers.has(kind)) throw new Error(`questions of the kind ${kind} have a handler already`);
    this.handlers.set(kind, handler);
    return () => void this.handlers.delete(kind);
  }

  /** Asks every node, or one. Rejects with a `Refusal` where no node answered and this one refused, or where nobody has the name. */
  async ask<A>(kind: string, question: unknown = {}, options: AskOptions = {}): Promise<Asked<A>> {
    const { timeoutMs = this.limits.callTimeoutMs, only } = options;
    if (only !== undefined) this.requireKnown(only);
    const others = this.registry.others().filter(({ card }) => only === undefined || card.node === only);
    const live = others.filter(({ lostAt }) => lostAt === undefined).map(({ card }) => card.node);
    const call = new OpenCall<AnswerWord>(only === undefined || only === this.node ? [this.node, ...live] : live);
    for (const { card, lostAt } of others) if (lostAt !== undefined) call.fails(card.node, 'lost', lostSays(lostAt));
    const words = await this.carry(call, live, { kind, question, timeoutMs }, only);
    return this.read<A>(words);
  }

  /** Asks one node, which may be this one; `this` names it too. Rejects with its `Refusal`, or with one that says why it did not answer. */
  async askOne<A>(to: string, kind: string, question: unknown = {}, options: AskOptions = {}): Promise<A> {
    const { timeoutMs = this.limits.callTimeoutMs } = options;
    const node = to === 'this' ? this.node : to;
    this.requireThere(node);
    const call = new OpenCall<AnswerWord>([node]);
    const words = await this.carry(call, node === this.node ? [] : [node], { kind, question, timeoutMs }, node);
    const [found] = words.answers;
    const { answer, refusal, trouble } = found?.answer ?? {};
    if (refusal !== undefined) throw refusalOf(refusal);
    const why = trouble ?? words.missing[0];
    if (why === undefined) return answer as A;
    const code = why.reason === 'timeout' ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE';
    const unsure = why.reason === 'timeout' ? ': whether it did what was asked is not known, so look before you ask again' : '';
    throw new Refusal(code, `${node} ${why.says}${unsure}`, { retryAfterMs: RETRY_AFTER_MS });
  }

  /** @param node whom it is for; undefined: everybody. */
  private async carry(
    call: OpenCall<AnswerWord>,
    others: readonly string[],
    { kind, question, timeoutMs }: { readonly kind: string; readonly question: unknown; readonly timeoutMs: number },
    node: string | undefined,
  ): Promise<Asked<AnswerWord>> {
    if (this.open.size >= this.limits.callsAtOnce) throw busy(this.limits.callsAtOnce);
    const id = randomUUID();
    this.open.set(id, call);
    try {
      if (node === undefined || node === this.node)
        void this.handle({ id, kind, question, within_ms: timeoutMs }, this.node).then((own) => call.answered(this.node, own));
      if (others.length > 0) void this.say({ id, kind, question, within_ms: timeoutMs }, others, call, node);
      return await call.settled(timeoutMs);
    } finally {
      this.open.delete(id);
    }
  }

  private async say(word: CallWord, others: readonly string[], call: OpenCall<AnswerWord>, to: string | undefined): Promise<void> {
    const fails = (): void => {
      for (const node of others) call.fails(node, 'unreachable', 'cannot be asked: this node has no Redis now');
    };
    if (!this.channel.isOpen) return fails();
    try {
      await this.channel.say(CALL, { ...word }, to);
    } catch {
      fails();
    }
  }

  private async answerTo(word: CallWord, from: string): Promise<void> {
    const began = performance.now();
    const answer = this.bounded(await this.handle(word, from));
    // Nobody waits for it any more.
    if (performance.now() - began > word.within_ms) return;
    await this.channel.say(ANSWER, { ...answer }, from).catch(() => undefined);
  }

  /** Never rejects. */
  private async handle({ id, kind, question }: CallWord, from: string): Promise<AnswerWord> {
    const handler = this.handlers.get(kind);
    if (handler === undefined)
      return { id, trouble: { reason: 'unknown_question', says: `does not know the question ${kind}: it runs another version` } };
    if (this.answering >= this.limits.callsAtOnce) return { id, refusal: refusalWord(busy(this.limits.callsAtOnce)) };
    this.answering += 1;
    try {
      return { id, answer: await handler(question as never, from) };
    } catch (error) {
      if (error instanceof Refusal) return { id, refusal: refusalWord(error) };
      this.logger.error(
        `the question ${kind} of ${from} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return { id, trouble: { reason: 'failed', says: 'failed to answer: its log says why' } };
    } finally {
      this.answering -= 1;
    }
  }

  private bounded(word: AnswerWord): AnswerWord {
    const { callAnswerBytes } = this.limits;
    const bytes = Buffer.byteLength(JSON.stringify(word));
    if (bytes <= callAnswerBytes) return word;
    const says = `has an answer of ${bytes} bytes, more than cluster.callAnswerBytes (${callAnswerBytes}): ask for less`;
    return { id: word.id, trouble: { reason: 'too_large', says } };
  }

  private read<A>({ answers, missing }: Asked<AnswerWord>): Asked<A> {
    const refusal = answers.find(({ node }) => node === this.node)?.answer.refusal;
    const good = answers.filter(({ answer }) => answer.refusal === undefined && answer.trouble === undefined);
    if (good.length === 0 && refusal !== undefined) throw refusalOf(refusal);
    const bad = answers.flatMap(({ node, answer }) => {
      if (answer.trouble !== undefined) return [{ node, ...answer.trouble }];
      return answer.refusal === undefined ? [] : [{ node, reason: 'refused' as const, says: `refused: ${answer.refusal.message}` }];
    });
    return {
      answers: good.map(({ node, answer }) => ({ node, answer: answer.answer as A })),
      missing: [...missing, ...bad].toSorted((one, other) => (one.node < other.node ? -1 : 1)),
    };
  }

  private requireThere(node: string): void {
    this.requireKnown(node);
    const lostAt = this.registry.find(node)?.lostAt;
    if (lostAt !== undefined) throw new Refusal('UNAVAILABLE', `${node} ${lostSays(lostAt)}`, { retryAfterMs: RETRY_AFTER_MS });
  }

  private requireKnown(node: string): void {
    if (node === this.node || this.registry.find(node) !== undefined) return;
    const names = [this.node, ...this.registry.others().map(({ card }) => card.node)].toSorted().join(', ');
    throw new Refusal('NOT_FOUND', `no node is named ${node}; known are ${names}`);
  }
}

function lostSays(lostAt: number): string {
  return `is lost: it has said nothing since before ${new Date(lostAt).toISOString()}`;
}

function busy(limit: number): Refusal {
  return new Refusal('UNAVAILABLE', `${limit} questions between nodes are under way (cluster.callsAtOnce): ask again soon`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
