import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Authorizer } from '../auth/authorizer.js';
import type { Principal } from '../auth/principal.js';
import { Refusal } from '../protocol/refusal.js';
import { namespaceOf } from '../protocol/topic-name.js';
import { type ConnectionFacts, type Door, type PublishObservation, Telemetry } from '../telemetry/telemetry.js';
import { Broker } from './broker.js';
import { GroupCommit } from './group-commit.js';
import { Hub } from './hub.js';
import type { AppendOutcome } from './message-log.js';
import type { Draft, Position } from './message.js';
import type { MessageOrigin } from './message-origin.js';
import { Namespaces } from './namespaces.js';
import { requirePermission } from './permission.js';
import type { PublishSource } from './publish-source.js';

/** A publish as a door hands it over: topic, event name and msg_id have been checked. */
export interface PublishRequest {
  readonly topic: string;
  readonly action: string;
  /** The payload's JSON text, as it came. */
  readonly dataText: string;
  /** Absent: the server makes a UUIDv7. */
  readonly msgId: string | undefined;
  readonly clientTimestamp: number | undefined;
  /** The client's own traceparent. */
  readonly trace: string | undefined;
}

export interface PublishOrigin {
  readonly principal: Principal;
  readonly door: Door;
  readonly connection: ConnectionFacts | undefined;
  /** Address of the publisher where there is no connection, as admission saw it. */
  readonly address?: string | undefined;
  /** What is held up while a publish waits for room; absent: it does not wait, and is refused. */
  readonly source?: PublishSource | undefined;
}

export interface PublishReceipt {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly msgId: string;
  /** When the server accepted it (for a duplicate: the original), milliseconds since the epoch. */
  readonly timestamp: number;
  /** Connections of this node subscribed to the topic when it was stored. */
  readonly subscribers: number;
  readonly duplicate: boolean;
}

/** authorise -> validate -> stamp -> append -> acknowledge -> bus: the one way into a topic, for every door. */
@Injectable()
export class Publisher {
  constructor(
    private readonly authorizer: Authorizer,
    private readonly namespaces: Namespaces,
    private readonly groupCommit: GroupCommit,
    private readonly broker: Broker,
    private readonly hub: Hub,
    private readonly telemetry: Telemetry,
  ) {}

  /**
   * Resolves once the message has its position (and is on disk, where the topic is durable). Rejects with a `Refusal`:
   * `PERMISSION_DENIED`, `PAYLOAD_TOO_LARGE`, `CONFLICT`, `UNAVAILABLE`, `UNKNOWN_OUTCOME`, `DRAINING`. The message is queued
   * before this returns, so a topic's order is the order of the calls.
   */
  async publish(request: PublishRequest, origin: PublishOrigin): Promise<PublishReceipt> {
    const msgId = request.msgId ?? uuidv7();
    const bytes = Buffer.byteLength(request.dataText);
    const observation = this.observe(request, origin, msgId, bytes);
    try {
      this.authorise(request, origin);
      this.validate(request, bytes);
      const draft = stamp(request, origin, msgId, observation);
      const outcome = await this.append(draft, bytes, observation, origin.source);
      const receipt = this.receipt(draft, outcome);
      observation.stored(receipt.epoch, receipt.seq, receipt.duplicate);
      if (outcome.kind === 'stored') this.tellBus(draft, outcome.position, observation);
      observation.end('OK');
      return receipt;
    } catch (error) {
      const refused = error instanceof Refusal;
      observation.end(refused ? error.code : 'INTERNAL', { message: refused ? error.message : String(error) });
      throw error;
    }
  }

  private observe(request: PublishRequest, origin: PublishOrigin, msgId: string, bytes: number): PublishObservation {
    const { topic, trace, dataText } = request;
    const { door, connection, principal } = origin;
    const { durable } = this.namespaces.policyFor(topic);
    const namespace = namespaceOf(topic);
    return this.telemetry.publish({ namespace, topic, door, msgId, bytes, durable, trace, connection, publisher: principal.id, dataText });
  }

  private authorise(request: PublishRequest, origin: PublishOrigin): void {
    requirePermission(this.authorizer.mayPublish(origin.principal, request.topic));
  }

  private validate(request: PublishRequest, bytes: number): void {
    const most = this.namespaces.policyFor(request.topic).max_payload_bytes;
    if (most === 0 || bytes <= most) return;
    const namespace = namespaceOf(request.topic);
    const message = `data: ${bytes} bytes; namespace ${namespace} takes at most ${most} (max_payload_bytes in messaging.namespaces)`;
    throw new Refusal('PAYLOAD_TOO_LARGE', message, { field: 'data' });
  }

  private append(draft: Draft, bytes: number, observation: PublishObservation, source: PublishSource | undefined): Promise<AppendOutcome> {
    const { durable, buffer_length: buffer } = this.namespaces.policyFor(draft.topic);
    if (durable) return this.groupCommit.append(draft, bytes, observation.traceparent, source);
    return observation
      .run(() => this.broker.publishEphemeral(draft, buffer))
      .catch((error: unknown) => {
        this.telemetry.busError('publish_ephemeral');
        throw error;
      });
  }

  private receipt(draft: Draft, outcome: AppendOutcome): PublishReceipt {
    const { topic, msgId } = draft;
    switch (outcome.kind) {
      case 'stored':
        return {
          topic,
          ...outcome.position,
          msgId,
          timestamp: draft.timestamp,
          subscribers: this.hub.subscribers(topic),
          duplicate: false,
        };
      case 'duplicate':
        return {
          topic,
          ...outcome.position,
          msgId,
          timestamp: outcome.timestamp,
          subscribers: this.hub.subscribers(topic),
          duplicate: true,
        };
      case 'conflict':
        throw conflict(topic, msgId, outcome.position);
      case 'refused':
        throw outcome.refusal;
    }
  }

  /** Ephemeral messages were delivered as they were sequenced. A stored one that the bus loses is found by the log. */
  private tellBus(draft: Draft, position: Position, observation: PublishObservation): void {
    const namespace = namespaceOf(draft.topic);
    if (!this.namespaces.policyFor(draft.topic).durable) return this.telemetry.busMessage('out');
    const send = this.telemetry.busSend(namespace, observation.traceparent);
    this.broker.publish({ ...draft, ...position }).then(
      () => {
        this.telemetry.busMessage('out');
        send.end('OK');
      },
      (error: unknown) => {
        this.telemetry.busError('publish');
        send.end('UNAVAILABLE', { message: String(error) });
      },
    );
  }
}

/**
 * The message as it will be stored. Subscribers are told the publisher's own traceparent, unchanged, whether or not this publish is traced;
 * where there is none, that of the publish. What is traced here goes on by the publish's own, which the origin holds beside the other.
 */
function stamp(request: PublishRequest, origin: PublishOrigin, msgId: string, observation: PublishObservation): Draft {
  return {
    topic: request.topic,
    msgId,
    publisher: origin.principal.id,
    action: request.action,
    dataText: request.dataText,
    timestamp: Date.now(),
    clientTimestamp: request.clientTimestamp,
    door: origin.door,
    trace: request.trace ?? observation.traceparent,
    origin: placeOf(origin, request.trace === undefined ? undefined : observation.traceparent),
  };
}

function placeOf({ connection, address = connection?.address }: PublishOrigin, trace: string | undefined): MessageOrigin | undefined {
  if (connection === undefined && address === undefined && trace === undefined) return undefined;
  return { connection: connection?.id, address, role: undefined, ...(trace === undefined ? {} : { trace }) };
}

function conflict(topic: string, msgId: string, position: Position): Refusal {
  const message = `msg_id: "${msgId}" was used for another message of ${topic}, at epoch ${position.epoch} seq ${position.seq}; use a new one`;
  return new Refusal('CONFLICT', message, { field: 'msg_id' });
}
