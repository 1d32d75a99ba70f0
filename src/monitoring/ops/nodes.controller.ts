import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import type { NodeView } from '../nodes/node-view.js';
import { ThisNode } from '../nodes/this-node.js';

interface NodeList {
  readonly as_of: number;
  readonly nodes: readonly NodeView[];
  /** Nodes that did not answer. */
  readonly missing: readonly string[];
}

/** Which node is unhealthy, and why? */
@ApiTags('operations')
@Controller('api/v1/ops/nodes')
export class OpsNodesController {
  constructor(private readonly self: ThisNode) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'The nodes: state, health of each part, limits, event loop, memory and drain',
    description: 'This version answers with the node that is asked alone. `missing` names nodes that did not answer.',
  })
  list(): NodeList {
    return { as_of: Date.now(), nodes: [this.self.view()], missing: [] };
  }

  @Get(':node')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One node' })
  @ApiParam({ name: 'node', description: 'Its name, or `this` for the one that answers' })
  one(@Param('node') node: string): NodeView & { readonly as_of: number } {
    this.self.require(node);
    return { as_of: Date.now(), ...this.self.view() };
  }
}
