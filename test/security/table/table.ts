import { ENTRY_ROWS } from './entry-rows.js';
import { PROTOCOL_ROWS } from './protocol-rows.js';
import type { SecurityRow } from './row.js';
import { SERVICE_ROWS } from './service-rows.js';

/** Every row that has to have a test in test/security whose title begins with its id. */
export const SECURITY_TABLE: readonly SecurityRow[] = [...ENTRY_ROWS, ...SERVICE_ROWS, ...PROTOCOL_ROWS];
