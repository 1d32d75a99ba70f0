import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { AllNodes } from '../nodes/all-nodes.js';
import type { NodeView } from '../nodes/node-view.js';

interface NodeList {
  readonly as_of: number;
  readonly nodes: readonly NodeView[];
  /** Nodes that are known and did not answer, or were lost lately. */
  readonly missing: readonly MissingNode[];
}

/** Which node is unhealthy, and why? */
@ApiTags('operations')
@Controller('api/v1/ops/nodes')
export class OpsNodesController {
  constructor(private readonly all: AllNodes) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'The nodes: state, health of each part, limits, event loop, memory and drain',
    description:
      'Every node is asked, for at most cluster.callTimeoutMs. `missing` names those that did not answer, with the reason, and those that were lost lately.',
  })
  async list(): Promise<NodeList> {
    const list = await this.all.list();
    return { as_of: Date.now(), ...list };
  }

  @Get(':node')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One node, whichever answers' })
  @ApiParam({ name: 'node', description: 'Its name, or `this` for the one that answers' })
  async one(@Param('node') node: string): Promise<NodeView & { readonly as_of: number }> {
    const view = await this.all.one(node);
    return { as_of: Date.now(), ...view };
  }
}
