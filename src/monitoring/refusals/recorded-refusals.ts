import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import type { RefusalRecord } from '../../messaging/ledger/refusal-record.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import type { RefusalQuery } from './refusals.js';

/** One recorded refusal, as the REST answer names it. Times are milliseconds since the epoch. */
export interface RecordedRefusal {
  readonly first_at: number;
  readonly last_at: number;
  readonly count: number;
  readonly kind: string;
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly topic?: string;
  readonly connection_id?: string;
  readonly ref?: string;
}

/** What is recorded of a user; nothing where nobody asked for one. */
export interface RecordedAnswer {
  readonly recorded?: readonly RecordedRefusal[];
  readonly complete: boolean;
  readonly why?: string;
}

const MOST_READ = 1_000;

/** Refusals of one user as the ledger has them: of every node, and from before its last start. */
@Injectable()
export class RecordedRefusals {
  constructor(private readonly modules: ModuleRef) {}

  async of({ user, kind, code, topic, from = 0, to = Number.MAX_SAFE_INTEGER, limit }: RefusalQuery): Promise<RecordedAnswer> {
    if (user === undefined) return { complete: true };
    const reader = findProvider(this.modules, LedgerReader);
    if (reader === undefined) return { complete: false, why: 'this node keeps no ledger' };
    try {
      // Kinds and codes are told apart here, after the most that are read.
      const most = kind === undefined && code === undefined ? limit : MOST_READ;
      const records = await reader.refusals(user, { from, to, limit: most, ...(topic === undefined ? {} : { topic }) });
      const wanted = records.filter(
        (record) =>
          (kind === undefined || record.kind === kind) &&
          (code === undefined || record.code === code) &&
          (topic === undefined || record.topic === topic),
      );
      return { recorded: wanted.slice(0, limit).map(viewOf), complete: true };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'UNAVAILABLE') throw error;
      return { complete: false, why: `recorded ones could not be looked up: ${error.message}` };
    }
  }
}

function viewOf({ firstAt, lastAt, connection, rule, topic, ref, kind, code, message, count }: RefusalRecord): RecordedRefusal {
  return {
    first_at: firstAt,
    last_at: lastAt,
    count,
    kind,
    code,
    message,
    ...(rule === undefined ? {} : { rule }),
    ...(topic === undefined ? {} : { topic }),
    ...(connection === undefined ? {} : { connection_id: connection }),
    ...(ref === undefined ? {} : { ref }),
  };
}
