import { Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { GatewayControl } from '../messaging/gateway-control.js';
import type { NodePhase } from './health/health.js';

/** Where this node is in its life: starting until the public port listens, draining once the gateway says so. */
@Injectable()
export class NodeLife {
  private stopping = false;

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  get phase(): NodePhase {
    if (this.stopping || this.gateway?.draining === true) return 'draining';
    const server: unknown = this.http.httpAdapter?.getHttpServer();
    return isListening(server) ? 'ready' : 'starting';
  }

  /** The shutdown has begun, whatever the gateway knows of it. */
  stop(): void {
    this.stopping = true;
  }

  private get gateway(): GatewayControl | undefined {
    return findProvider(this.modules, GatewayControl);
  }
}

/** A provider of another module, where this program has it. */
export function findProvider<T>(modules: ModuleRef, token: abstract new (...parameters: never[]) => T): T | undefined {
  try {
    return modules.get<T>(token, { strict: false });
  } catch {
    return undefined;
  }
}

function isListening(server: unknown): boolean {
  return typeof server === 'object' && server !== null && 'listening' in server && server.listening === true;
}
