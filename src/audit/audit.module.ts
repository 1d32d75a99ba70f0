import { Global, Module } from '@nestjs/common';
import { AuditTrail } from './audit-trail.js';
import { AuditView } from './audit-view.js';
import { PostgresAuditTrail } from './postgres-audit-trail.js';

/** Where what operators do is recorded, and read again. */
@Global()
@Module({
  providers: [
    PostgresAuditTrail,
    { provide: AuditTrail, useExisting: PostgresAuditTrail },
    { provide: AuditView, useExisting: PostgresAuditTrail },
  ],
  exports: [AuditTrail, AuditView],
})
export class AuditModule {}
