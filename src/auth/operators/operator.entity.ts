import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { OperatorRole } from '../principal.js';

/** A person who runs this service. */
@Entity({ name: 'operator', schema: 'waybill' })
export class Operator {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { unique: true })
  name!: string;

  /** argon2id in PHC string format. */
  @Column('text')
  password!: string;

  @Column('text')
  role!: OperatorRole;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** Since when the account lets nobody in; null: it does. */
  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;

  @Column('timestamptz', { name: 'last_login_at', nullable: true })
  lastLoginAt!: Date | null;
}
