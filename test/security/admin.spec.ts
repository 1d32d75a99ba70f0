import { Controller, Get, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR_ROLES, type OperatorRole, SCOPES } from '../../src/auth/principal.js';
import { type Requirement, Requires } from '../../src/auth/requires.js';
import { Rest } from '../../src/gateway/http/rest.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { startRestServer } from '../support/rest-server.js';

const ADMIN_PASSWORD = 'the first admin of these tests';
const PASSWORD = 'correct horse battery staple';

let gateway: TestGateway;
let routes: readonly Route[];
const callers = new Map<string, Caller>();

interface Route {
  readonly method: string;
  readonly path: string;
  readonly requires: Requirement;
}

interface Caller {
  /** Whether the route's declaration lets this caller in: written out here, apart from the code under test. */
  readonly may: (requires: Requirement) => boolean;
  /** Sends a request whose body is not JSON: who is let in is refused for that, and nothing happens. */
  readonly send: (method: string, path: string) => Promise<{ readonly status: number; readonly body: { readonly rule?: string } }>;
}

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD } });
  const admin = await OperatorSession.of(gateway.port, 'admin', ADMIN_PASSWORD);
  for (const role of OPERATOR_ROLES) {
    const made = await admin.call('POST', '/api/v1/ops/operators', { name: `the-${role}`, role, password: PASSWORD });
    expect(made.status).toBe(201);
    const session = await OperatorSession.of(gateway.port, `the-${role}`, PASSWORD);
    callers.set(role, { may: ({ operator }) => operator !== undefined && rank(role) >= rank(operator), send: bySession(session) });
  }
  callers.set('anonymous', { may: () => false, send: byHeader('') });
  callers.set('user', { may: ({ users }) => users, send: byHeader(`Bearer ${await gateway.token('alice')}`) });
  for (const scope of SCOPES) {
    const others = SCOPES.filter((other) => other !== scope);
    callers.set(`key ${scope}`, { may: (requires) => requires.scope === scope || requires.scope === 'none', send: await byKey([scope]) });
    callers.set(`key without ${scope}`, {
      may: ({ scope: needed }) => needed !== scope && needed !== 'operators',
      send: await byKey(others),
    });
  }
  routes = gateway.gateway.app
    .get(Rest, { strict: false })
    .declared.flatMap(({ methods, template, requires }) =>
      requires === undefined ? [] : methods.map((method) => ({ method, path: template, requires })),
    );
});
afterAll(() => gateway.stop());

const rank = (role: OperatorRole): number => OPERATOR_ROLES.indexOf(role);
const NOT_JSON = '{';

/** Of a path: names that nothing has and, for a read, a parameter that no route of operators knows, so that none of them sets to work. */
function exampleOf(method: string, path: string): string {
  return `${path.replaceAll(/:[A-Za-z_]+/g, 'none.such')}${method === 'GET' ? '?none=such' : ''}`;
}

function byHeader(authorization: string): Caller['send'] {
  return async (method, path) => gateway.rest(method, path, method === 'GET' ? undefined : NOT_JSON, { authorization });
}

function bySession(session: OperatorSession): Caller['send'] {
  return (method, path) => session.call(method, path, method === 'GET' ? undefined : NOT_JSON);
}

async function byKey(scopes: readonly string[]): Promise<Caller['send']> {
  const made = await gateway.rest('POST', '/api/v1/auth/keys', { name: `k${callers.size}-${scopes.length}`, scopes });
  expect(made.status).toBe(201);
  return byHeader(`Bearer ${(made.body.data as { key: string }).key}`);
}

describe('S51 the roles', () => {
  it.each(['anonymous', 'user', ...OPERATOR_ROLES, ...SCOPES.flatMap((scope) => [`key ${scope}`, `key without ${scope}`])])(
    'S51 %s is let in by exactly the routes that say so',
    async (name) => {
      const caller = callers.get(name) as Caller;
      const wrong: string[] = [];
      let allowed = 0;
      for (const { method, path, requires } of routes) {
        // A HEAD has no body to tell a refusal by; it is the same route as its GET. A stream would stay open.
        if (method === 'HEAD') continue;
        const { status, body } = await caller.send(method, exampleOf(method, path));
        const barred = status === 401 || (status === 403 && (body.rule ?? '').startsWith('route.'));
        const may = caller.may(requires);
        allowed += may ? 1 : 0;
        if (barred === may) wrong.push(`${method} ${path}: ${status}, ${may ? 'should be let in' : 'should be barred'}`);
        if (name === 'anonymous' && status !== 401) wrong.push(`${method} ${path}: ${status} for nobody`);
      }
      expect(wrong).toEqual([]);
      expect(allowed > 0).toBe(name !== 'anonymous');
    },
  );

  it('S51 the table has what it should', () => {
    const all = routes.map(({ method, path }) => `${method} ${path}`);
    expect(all.length).toBeGreaterThan(25);
    expect(all).toContain('POST /api/v1/ops/operators');
    expect(new Set(all).size).toBe(all.length);
  });

  it('S51 nothing of operators is for users, and no change is for a viewer but to the own session', () => {
    const ops = routes.filter(({ path }) => path.startsWith('/api/v1/ops/'));
    expect(ops.length).toBeGreaterThan(10);
    expect(ops.filter(({ requires }) => requires.users)).toEqual([]);
    const viewersChange = routes.filter(({ method, requires }) => !['GET', 'HEAD'].includes(method) && requires.operator === 'viewer');
    expect(viewersChange.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'DELETE /api/v1/ops/session',
      'POST /api/v1/ops/session/password',
      'POST /api/v1/ops/session/ticket',
    ]);
  });

  it('S51 whatever an operator may change has a name in the audit trail', () => {
    const changes = routes.filter(({ method, requires }) => !['GET', 'HEAD'].includes(method) && requires.operator !== undefined);
    expect(changes.length).toBeGreaterThan(8);
    expect(changes.filter(({ requires }) => requires.audit === undefined).map(({ path }) => path)).toEqual(['/api/v1/ops/session/ticket']);
  });

  it('S51 a route without a rule stops the start', async () => {
    @Controller('api/v1/ops/careless')
    class CarelessController {
      @Get()
      careless(): void {}
    }
    await expect(startRestServer({ controllers: [CarelessController] })).rejects.toThrow('GET /api/v1/ops/careless declares no permission');
  });

  it.each([
    ['of a key with a right of operators', { scope: 'ops', users: false }],
    ['of an operator', { scope: 'operators', users: false, operator: 'viewer' }],
  ] as const)('S51 an action %s without a name in the audit trail stops the start', async (_name, requirement) => {
    @Controller('api/v1/ops/unrecorded')
    class UnrecordedController {
      @Post()
      @Requires(requirement)
      unrecorded(): void {}
    }
    await expect(startRestServer({ controllers: [UnrecordedController] })).rejects.toThrow(
      "POST /api/v1/ops/unrecorded is an operator's action without a name in the audit trail",
    );
  });
});
