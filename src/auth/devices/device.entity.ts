import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Grants } from '../principal.js';

/** A device that may enter, and what it may do there. */
@Entity({ name: 'device', schema: 'waybill' })
export class Device {
  @PrimaryColumn('text')
  id!: string;

  /** Whom its tokens stand for. */
  @Column('text', { name: 'user_id' })
  user!: string;

  @Column('text', { array: true })
  roles!: string[];

  @Column('jsonb')
  grants!: Grants;

  /** Named by its tokens; changed when those that are out shall be worth nothing. */
  @Column('uuid')
  tenure!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;

  /** Last good answer, to about a minute. */
  @Column('timestamptz', { name: 'last_seen_at', nullable: true })
  lastSeenAt!: Date | null;
}
