import type { ModuleRef } from '@nestjs/core';
import type { DrainForecast, DrainProgress } from '../../messaging/node-drain.js';
import { readDrainPlan } from './drain-body.js';
import { type Elsewhere, elsewhereOf } from './other-nodes.js';
import type { ThisNode } from './this-node.js';

/** What draining a node would do, or how far it is. */
export interface DrainReport {
  readonly as_of: number;
  readonly node: string;
  /** The drain that holds the node, under way or done. */
  readonly drain: DrainProgress | null;
  /** What one would do, where none holds it. */
  readonly forecast: DrainForecast | null;
  readonly elsewhere: Elsewhere;
  /** The last one that was cancelled. */
  readonly cancelled: DrainProgress | null;
}

/** @param asked the plan that a forecast is for, as in the body of POST. Throws `BAD_REQUEST`. */
export async function drainReportOf(modules: ModuleRef, self: ThisNode, asked: unknown): Promise<DrainReport> {
  const { drain, name } = self;
  const plan = readDrainPlan(asked, drain.plan);
  const elsewhere = await elsewhereOf(modules, name);
  const { current } = drain;
  return {
    as_of: Date.now(),
    node: name,
    drain: current ?? null,
    forecast: current === undefined ? drain.forecast(plan) : null,
    elsewhere,
    cancelled: drain.last ?? null,
  };
}
