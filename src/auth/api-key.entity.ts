import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Scope } from './principal.js';

/** An API key as it is stored: the digest of the key, never the key. */
@Entity({ name: 'api_key', schema: 'waybill' })
export class ApiKey {
  @PrimaryColumn('uuid')
  id!: string;

  /** Unique among keys that are not revoked; publishes of the key carry it as `key:<name>`. */
  @Column('text')
  name!: string;

  /** SHA-256 of the key, lower-case hexadecimal. */
  @Column('char', { length: 64, unique: true })
  hash!: string;

  /** Of the secret before the last rotation, good until `previousUntil`. */
  @Column('char', { name: 'previous_hash', length: 64, unique: true, nullable: true })
  previousHash!: string | null;

  @Column('timestamptz', { name: 'previous_until', nullable: true })
  previousUntil!: Date | null;

  @Column('text', { array: true })
  scopes!: Scope[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** From then on it is refused; null: it does not expire. */
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  /** To about a minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  /** The address of that use. */
  @Column('text', { name: 'last_used_from', nullable: true })
  lastUsedFrom!: string | null;
}
