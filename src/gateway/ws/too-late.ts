import { type CarriedMessage, carriedBy, type Frame } from '../../messaging/frame.js';

/**
 * Messages that came after a connection could take any, before its subscriptions had ended: they were offered, and nothing was written.
 * The first one of each topic, epoch and receipt says it all, since what follows was too late too.
 */
export class TooLate {
  private readonly first: CarriedMessage[] = [];

  add(frames: readonly Frame[]): void {
    for (const frame of frames) {
      const message = carriedBy(frame);
      if (message !== undefined && !this.first.some((known) => isOfTheSame(known, message))) this.first.push(message);
    }
  }

  each(visit: (message: CarriedMessage) => void): void {
    this.first.forEach(visit);
  }
}

function isOfTheSame(left: CarriedMessage, right: CarriedMessage): boolean {
  return left.topic === right.topic && left.epoch === right.epoch && left.receipt === right.receipt;
}
