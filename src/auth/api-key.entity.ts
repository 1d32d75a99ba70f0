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

  @Column('text', { array: true })
  scopes!: Scope[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  /** To about a minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}
