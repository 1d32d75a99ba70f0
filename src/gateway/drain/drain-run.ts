import { setTimeout as sleep } from 'node:timers/promises';
import type { DrainPlan } from '../../messaging/node-drain.js';
import type { Crowd, Member } from './member.js';

const TICK_MS = 50;
/** What a client is given at most between the word that it should go and the close. */
const LONGEST_NOTICE_MS = 1_000;
/** How long a client whose commands are under way is waited for. */
const LONGEST_PATIENCE_MS = 2_000;

interface Told {
  readonly member: Member;
  readonly at: number;
}

/**
 * Sends away everybody who is connected, evenly over the time of the plan: each is told to reconnect elsewhere, is given a moment to do so
 * by itself, is closed once its commands have their replies, and is cut off at the deadline. Only those who were told have anything to do:
 * who is not told yet when the run is aborted stays and notices nothing.
 */
export class DrainRun {
  readonly startedAt = Date.now();
  endedAt: number | undefined;
  told = 0;
  private readonly began = performance.now();
  private readonly known = new Set<string>();
  private readonly cut = new Set<string>();
  private readonly noticeMs: number;
  private readonly patienceMs: number;
  private waiting: readonly Member[];
  private leaving: Told[] = [];

  constructor(
    readonly plan: DrainPlan,
    private readonly crowd: Crowd,
  ) {
    const spareMs = (plan.deadlineMs - plan.overMs) / 2;
    this.noticeMs = Math.min(LONGEST_NOTICE_MS, spareMs);
    this.patienceMs = Math.min(LONGEST_PATIENCE_MS, spareMs);
    this.waiting = this.newcomers();
  }

  /** Everybody whom it had to send away so far. */
  get total(): number {
    return this.known.size;
  }

  /** Of these, those that were cut off. */
  get cutOff(): number {
    return this.cut.size;
  }

  /** Resolves when nobody is left, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (this.crowd.size + this.crowd.coming > 0 && !signal.aborted) {
        const elapsedMs = performance.now() - this.began;
        this.tellThoseDue(elapsedMs);
        this.closeThoseDue();
        if (elapsedMs >= this.plan.deadlineMs) this.cutOffAll();
        await sleep(TICK_MS, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.endedAt = Date.now();
    }
  }

  private tellThoseDue(elapsedMs: number): void {
    const share = elapsedMs >= this.plan.overMs ? 1 : elapsedMs / this.plan.overMs;
    // Upgrades that were under way when the drain began may still become connections: they go at once when it is their turn.
    if (share === 1 && this.told === this.waiting.length) this.waiting = [...this.waiting, ...this.newcomers()];
    const due = Math.ceil(this.waiting.length * share);
    const at = performance.now();
    for (; this.told < due; this.told += 1) {
      const member = this.waiting[this.told] as Member;
      member.ask(jitter(this.noticeMs));
      this.leaving.push({ member, at });
    }
  }

  private closeThoseDue(): void {
    const now = performance.now();
    this.leaving = this.leaving.filter(({ member, at }) => {
      const left = at + this.noticeMs - now;
      if (left > 0 || (member.isBusy && left > -this.patienceMs)) return true;
      member.close(jitter(this.noticeMs));
      return false;
    });
  }

  private cutOffAll(): void {
    for (const member of this.crowd.members()) {
      this.cut.add(member.id);
      this.known.add(member.id);
      member.close(jitter(this.noticeMs));
      member.cut();
    }
  }

  private newcomers(): readonly Member[] {
    const found = [...this.crowd.members()].filter(({ id }) => !this.known.has(id));
    for (const { id } of found) this.known.add(id);
    return [...found.filter(({ isOperator }) => !isOperator), ...found.filter(({ isOperator }) => isOperator)];
  }
}

/** A time at random within `ms`, for one client to wait. */
function jitter(ms: number): number {
  return Math.round(Math.random() * ms);
}
