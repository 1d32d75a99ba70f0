import type { Role } from '../../api/session.ts';

/** One account of `ops/operators`. Times are milliseconds since the epoch. */
export interface Operator {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly created_at: number;
  readonly last_login_at?: number;
}

export const ROLES = [
  { value: 'viewer', label: 'viewer: looks' },
  { value: 'operator', label: 'operator: looks and acts' },
  { value: 'admin', label: 'admin: everything' },
];
