import { Global, Module } from '@nestjs/common';
import { type AuditEntry, AuditTrail } from '../../src/audit/audit-trail.js';

/** Keeps what is recorded; with `failure` it is a trail whose store is away. */
export class MemoryAudit extends AuditTrail {
  readonly entries: AuditEntry[] = [];
  failure: Error | undefined;

  async record(entry: AuditEntry): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.entries.push(entry);
  }
}

/** One trail for the gateway of one test file. */
export const memoryAudit = new MemoryAudit();

@Global()
@Module({ providers: [{ provide: AuditTrail, useValue: memoryAudit }], exports: [AuditTrail] })
export class MemoryAuditModule {}
