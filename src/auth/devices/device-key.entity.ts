import { Column, Entity, PrimaryColumn } from 'typeorm';

export const DEVICE_KEY_KINDS = ['ed25519', 'hmac'] as const;
export type DeviceKeyKind = (typeof DEVICE_KEY_KINDS)[number];

/** A key of a device: the public half of an Ed25519 pair, or a shared key that is sealed. */
@Entity({ name: 'device_key', schema: 'waybill' })
export class DeviceKey {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { name: 'device_id' })
  deviceId!: string;

  @Column('text')
  kind!: DeviceKeyKind;

  /** 32 bytes; only of `ed25519`. */
  @Column('bytea', { name: 'public_key', nullable: true })
  publicKey!: Buffer | null;

  /** As `SealingKeys.seal` made it; only of `hmac`. */
  @Column('bytea', { name: 'sealed_key', nullable: true })
  sealedKey!: Buffer | null;

  /** Which sealing key it was sealed with. */
  @Column('text', { name: 'sealed_with', nullable: true })
  sealedWith!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** Null: works until it is replaced. */
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;
}
