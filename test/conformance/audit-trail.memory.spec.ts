import { MemoryAuditTrail } from '../../src/audit/memory-audit-trail.js';
import { describeAuditTrail } from './audit-trail.suite.js';

describeAuditTrail('MemoryAuditTrail', () => {
  const trail = new MemoryAuditTrail();
  return Promise.resolve({ first: trail, second: trail, close: () => Promise.resolve() });
});
