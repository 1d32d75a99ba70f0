import type { Option } from './option.js';
import { authOptions } from './options/auth.js';
import { clusterOptions } from './options/cluster.js';
import { deviceOptions } from './options/devices.js';
import { gatewayOptions } from './options/gateway.js';
import { ledgerOptions } from './options/ledger.js';
import { limitOptions } from './options/limits.js';
import { messagingOptions } from './options/messaging.js';
import { monitoringOptions } from './options/monitoring.js';
import { operatorOptions } from './options/operators.js';
import { probeOptions } from './options/probes.js';
import { serverOptions } from './options/server.js';
import { storageOptions } from './options/storage.js';
import { tlsOptions } from './options/tls.js';

/** Every option of the program, by section. docs/config.md is generated from it. */
export const SCHEMA = {
  server: serverOptions,
  tls: tlsOptions,
  gateway: gatewayOptions,
  limits: limitOptions,
  auth: authOptions,
  devices: deviceOptions,
  operators: operatorOptions,
  messaging: messagingOptions,
  ledger: ledgerOptions,
  storage: storageOptions,
  cluster: clusterOptions,
  monitoring: monitoringOptions,
  probes: probeOptions,
} as const;

type Values<Section> = { readonly [Name in keyof Section]: Section[Name] extends Option<infer T> ? T : never };

/** All settings of a running program, parsed and checked. */
export type ConfigValues = { readonly [Section in keyof typeof SCHEMA]: Values<(typeof SCHEMA)[Section]> };
