import { Body, Controller, Delete, Get, Patch, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { noteForAudit } from '../../audit/audit-note.js';
import type { Operator } from '../../auth/operators/operator.entity.js';
import { Operators } from '../../auth/operators/operators.js';
import { Requires } from '../../auth/requires.js';
import { readBody } from './auth-bodies.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { NEW_OPERATOR_BODY, OPERATOR, OPERATOR_CHANGE_BODY, OPERATORS, REMOVED_OPERATOR } from './docs/operator-schemas.js';
import { newOperatorBody, operatorChangeBody } from './operator-bodies.js';
import { pathParameter, principalOf, queryInteger, queryText } from './request.js';

const LIST = { defaultLimit: 100, mostItems: 1_000 };
const ADMIN = { scope: 'admin', users: false, operator: 'admin' } as const;

/** The accounts of operators. Times are milliseconds since the epoch; passwords are never answered. */
@ApiTags('Operators')
@Controller('api/v1/ops/operators')
export class OperatorsController {
  constructor(private readonly operators: Operators) {}

  @Get()
  @Requires(ADMIN)
  @ApiOperation({ summary: 'List operators in the order of their names' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: LIST.mostItems, default: LIST.defaultLimit },
  })
  @ApiQuery({ name: 'cursor', required: false, schema: { type: 'string' }, description: '`next` of the page before.' })
  @Answers(200, OPERATORS)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async list(@Req() request: FastifyRequest): Promise<object> {
    const asOf = Date.now();
    const limit = queryInteger(request, 'limit', { min: 1, max: LIST.mostItems }) ?? LIST.defaultLimit;
    // One more than asked for tells whether there are more.
    const found = await this.operators.list(limit + 1, queryText(request, 'cursor'));
    const items = found.slice(0, limit);
    return { items: items.map(operatorView), as_of: asOf, next: found.length > limit ? items.at(-1)?.name : undefined };
  }

  @Post()
  @Requires({ ...ADMIN, audit: 'operator.create' })
  @ApiOperation({ summary: 'Make an account', description: 'Nobody makes one with more rights than they have.' })
  @ApiBody({ schema: NEW_OPERATOR_BODY })
  @Answers(201, OPERATOR)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'CONFLICT', 'UNAVAILABLE')
  async create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const wanted = readBody(newOperatorBody, body);
    noteForAudit(request, { target: wanted.name });
    const made = await this.operators.add(wanted, principalOf(request));
    noteForAudit(request, { after: recordOf(made) });
    return operatorView(made);
  }

  @Patch(':name')
  @Requires({ ...ADMIN, audit: 'operator.change' })
  @ApiOperation({
    summary: 'Change the role or password of an account, disable or enable it',
    description: 'Ends its sessions. The last admin who can sign in stays one.',
  })
  @PathParameter('name', 'Name of the operator.')
  @ApiBody({ schema: OPERATOR_CHANGE_BODY })
  @Answers(200, OPERATOR)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'NOT_FOUND', 'CONFLICT', 'UNAVAILABLE')
  async change(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const name = pathParameter(request, 'name');
    noteForAudit(request, { target: name });
    const wanted = readBody(operatorChangeBody, body);
    const { before, after } = await this.operators.change(name, wanted, principalOf(request));
    const password = wanted.password === undefined ? {} : { password_changed: true };
    noteForAudit(request, { before: recordOf(before), after: { ...recordOf(after), ...password } });
    return operatorView(after);
  }

  @Delete(':name')
  @Requires({ ...ADMIN, audit: 'operator.remove' })
  @ApiOperation({ summary: 'Remove an account and its sessions', description: 'The last admin who can sign in stays.' })
  @PathParameter('name', 'Name of the operator.')
  @Answers(200, REMOVED_OPERATOR)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'CONFLICT', 'UNAVAILABLE')
  async remove(@Req() request: FastifyRequest): Promise<object> {
    const name = pathParameter(request, 'name');
    noteForAudit(request, { target: name });
    noteForAudit(request, { before: recordOf(await this.operators.remove(name, principalOf(request))) });
    return { name };
  }
}

function operatorView({ name, role, createdAt, disabledAt, lastLoginAt }: Operator): object {
  return {
    name,
    role,
    disabled: disabledAt !== null,
    created_at: createdAt.getTime(),
    disabled_at: disabledAt?.getTime(),
    last_login_at: lastLoginAt?.getTime(),
  };
}

/** What the audit trail keeps of an account. */
function recordOf({ role, disabledAt }: Operator): object {
  return { role, disabled: disabledAt !== null };
}
