import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Operator } from './operator.entity.js';

/** One sign-in of an operator: the digest of its secret, never the secret. Kept for a while after its end, to know addresses again. */
@Entity({ name: 'operator_session', schema: 'waybill' })
export class OperatorSession {
  /** SHA-256 of the secret in the cookie, lower-case hexadecimal. */
  @PrimaryColumn('char', { length: 64 })
  hash!: string;

  @Column('uuid', { name: 'operator_id' })
  operatorId!: string;

  @ManyToOne(() => Operator, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'operator_id' })
  operator?: Operator;

  @Column('text')
  address!: string;

  /** What limits count as one address. */
  @Column('text', { name: 'address_group' })
  addressGroup!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** To about a minute. */
  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** Signed out, or ended with the account's role or password; null: neither. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
