import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RevocationKind } from '../telemetry/telemetry.js';

/** A revocation or a block as it is stored; rows that are over or were taken back are deleted an hour later. */
@Entity({ name: 'revocation', schema: 'waybill' })
export class RevocationRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: RevocationKind;

  /** A token's id, a user, or a device's tenure; empty for everyone. */
  @Column('text')
  subject!: string;

  @Column('timestamptz', { name: 'issued_before', nullable: true })
  issuedBefore!: Date | null;

  @Column('timestamptz', { name: 'effective_at' })
  effectiveAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('text')
  reason!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'removed_at', nullable: true })
  removedAt!: Date | null;

  /** Rises with every insert and removal, in the order of their commits. */
  @Column('bigint')
  change!: string;
}
