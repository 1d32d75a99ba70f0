import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AuditView } from '../../audit/audit-view.js';
import { RightsView } from '../../auth/rights-view.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import { StoredView } from '../../messaging/stored-view.js';
import { SubscribersView } from '../../messaging/subscribers-view.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import { Refusals } from '../refusals/refusals.js';
import type { OtherNodes } from './other-nodes.js';

/** Where the answers of waybills and explain come from. */
export interface Sources {
  readonly node: string;
  readonly reader: LedgerReader;
  readonly stored: StoredView;
  readonly subscribers: SubscribersView;
  readonly rights: RightsView;
  readonly gateway: GatewayControl;
  readonly refusals: Refusals;
  readonly trail: AuditView;
  readonly others: OtherNodes;
}

/** Finds the sources once all modules stand: this one is made before those that have them. */
@Injectable()
export class LedgerSources implements Sources {
  private otherNodes: OtherNodes | undefined;

  constructor(
    private readonly modules: ModuleRef,
    private readonly config: Config,
    readonly refusals: Refusals,
  ) {}

  /** Said once, while the modules are put together. */
  join(others: OtherNodes): void {
    this.otherNodes = others;
  }

  get others(): OtherNodes {
    if (this.otherNodes === undefined) throw new Error('nobody said who asks the other nodes');
    return this.otherNodes;
  }

  get node(): string {
    return nodeIdOf(this.config);
  }
  get reader(): LedgerReader {
    return this.find(LedgerReader);
  }
  get stored(): StoredView {
    return this.find(StoredView);
  }
  get subscribers(): SubscribersView {
    return this.find(SubscribersView);
  }
  get rights(): RightsView {
    return this.find(RightsView);
  }
  get gateway(): GatewayControl {
    return this.find(GatewayControl);
  }

  get trail(): AuditView {
    return this.find(AuditView);
  }

  private find<T>(token: abstract new (...parameters: never[]) => T): T {
    const found = findProvider(this.modules, token);
    if (found === undefined) throw new Refusal('UNAVAILABLE', 'this node has not started completely, or keeps no ledger; ask again soon');
    return found;
  }
}
