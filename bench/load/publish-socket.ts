import { randomBytes } from 'node:crypto';
import { acknowledgedSeq } from './acknowledgement.ts';
import { CommandSocket } from './command-socket.ts';
import { PreparedPublish } from './prepared-publish.ts';

const EVENT = 'bench.tick';

export interface PublishTarget {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Topics of this socket's publishes; the first publish in flight goes to the first one, and so on in turn. */
  readonly topics: readonly string[];
  readonly dataText: string;
  /** Most publishes under way at once. */
  readonly inFlight: number;
}

/** Called for each acknowledgement, with the time at which its publish was due. */
export type OnAcknowledged = (socket: PublishSocket, dueAt: number) => void;

/** A WebSocket that does nothing but publish. Every reply has to acknowledge a new message. */
export class PublishSocket extends CommandSocket {
  static async open(target: PublishTarget, onAcknowledged: OnAcknowledged): Promise<PublishSocket> {
    const publisher: PublishSocket = new PublishSocket(target, (dueAt) => onAcknowledged(publisher, dueAt));
    await publisher.opened;
    return publisher;
  }

  private constructor({ host, port, token, topics, dataText, inFlight }: PublishTarget, onAcknowledged: (dueAt: number) => void) {
    const idPrefix = `${randomBytes(12).toString('hex')}-`;
    const commands = Array.from({ length: inFlight }, (_, index) => {
      const topic = topics[index % topics.length] ?? '';
      return new PreparedPublish({ topic, action: EVENT, dataText, idPrefix });
    });
    super({ host, port, token, commands, check: acknowledgedSeq }, onAcknowledged);
  }
}
