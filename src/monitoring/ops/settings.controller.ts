import { Body, Controller, Get, HttpCode, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { statesOf } from '../../settings/setting-changes.js';
import { settingViews, type SettingView } from '../../settings/setting-view.js';
import { type ChangeResult, Settings } from '../../settings/settings.js';
import type { SettingsVersion } from '../../settings/settings-table.js';
import { actorOf, type AdmittedRequest } from './admitted-request.js';
import { readBody } from './body.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 500;
const MOST_CHANGES = 100;
const LONGEST_COMMENT = 500;
const LONGEST_SECONDS = 604_800;
const MS_PER_SECOND = 1_000;
const FOR_PROBLEM = `must be a whole number of seconds from 1 to ${LONGEST_SECONDS}`;

const asked = {
  dry_run: z.boolean('must be true or false').default(false),
  expected_version: z.int('must be the number of a version').min(0, 'must be the number of a version').optional(),
  comment: z.string('must be text').max(LONGEST_COMMENT, `must have at most ${LONGEST_COMMENT} characters`).default(''),
};
const changeBody = z.strictObject({
  set: z
    .record(z.string(), z.unknown(), 'must be an object with values by path, such as {"server.logLevel":"debug"}')
    .refine((set) => Object.keys(set).length <= MOST_CHANGES, `must change at most ${MOST_CHANGES} settings`),
  for_s: z.int(FOR_PROBLEM).min(1, FOR_PROBLEM).max(LONGEST_SECONDS, FOR_PROBLEM).optional(),
  ...asked,
});
const rollbackBody = z.strictObject({
  version: z.int('must be the number of a version').min(0, 'must be the number of a version'),
  ...asked,
});
const versionsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
});

const ASKED_SCHEMA = {
  dry_run: { type: 'boolean', description: 'Only tells what would change' },
  expected_version: { type: 'integer', description: 'Refuses with CONFLICT where another version is the newest' },
  comment: { type: 'string', description: 'Why, for whoever reads the versions' },
} as const;

interface SettingsList {
  readonly version: number;
  readonly items: readonly SettingView[];
  readonly as_of: number;
}

interface VersionsPage {
  readonly items: readonly SettingsVersion[];
  readonly as_of: number;
  readonly next?: string;
}

interface ChangeAnswer extends ChangeResult {
  readonly dry_run: boolean;
}

/** The settings of this node, and those that operators change at run time on all of them. */
@ApiTags('operations')
@Controller('api/v1/ops/settings')
export class OpsSettingsController {
  constructor(private readonly settings: Settings) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Every setting: what is in force, where it comes from, and whether it may be changed now' })
  list(): SettingsList {
    const { version, config, ends } = this.settings.current;
    return { version, items: settingViews(config, ends), as_of: Date.now() };
  }

  @Patch()
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'settings.change' })
  @ApiOperation({
    summary: 'Changes settings while the program runs: at once here, within cluster.settingsPollMs on other nodes',
    description:
      'What is set stands above environment and file until it is set to null, or for for_s seconds: then what stood before holds again, on every node, and the audit trail says so (settings.revert). The answer has each difference.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      properties: {
        set: { type: 'object', additionalProperties: true, description: 'Values by path; null takes one off' },
        for_s: {
          type: 'integer',
          minimum: 1,
          maximum: LONGEST_SECONDS,
          description: 'Seconds after which the values end by themselves; absent: they stay',
        },
        ...ASKED_SCHEMA,
      },
      required: ['set'],
    },
  })
  async change(@Body() body: unknown, @Req() request: AdmittedRequest): Promise<ChangeAnswer> {
    const { set, for_s: seconds, ...rest } = readBody(changeBody, body);
    noteForAudit(request, { target: Object.keys(set).sort().join(', ') });
    const forMs = seconds === undefined ? undefined : seconds * MS_PER_SECOND;
    const result = await this.settings.change({ set, forMs, ...requestOf(rest, request) });
    return answerOf(result, rest.dry_run, request);
  }

  @Get('versions')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Who changed what is set at run time, and when; the newest first' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  async versions(@Query() query: unknown): Promise<VersionsPage> {
    const { limit, cursor } = readQuery(versionsQuery, query);
    const as_of = Date.now();
    const found = await this.settings.versions(limit + 1, cursor);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, as_of, ...(found.length > limit && last !== undefined ? { next: String(last.version) } : {}) };
  }

  @Post('rollback')
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'settings.rollback' })
  @ApiOperation({ summary: 'Puts what an older version had set in force again, as a new version; version 0 has nothing set' })
  @ApiBody({ schema: { type: 'object', properties: { version: { type: 'integer' }, ...ASKED_SCHEMA }, required: ['version'] } })
  async rollback(@Body() body: unknown, @Req() request: AdmittedRequest): Promise<ChangeAnswer> {
    const { version, ...rest } = readBody(rollbackBody, body);
    noteForAudit(request, { target: `version ${version}` });
    const result = await this.settings.rollback({ version, ...requestOf(rest, request) });
    return answerOf(result, rest.dry_run, request);
  }
}

type Asked = Omit<z.output<typeof rollbackBody>, 'version'>;

function requestOf({ dry_run: dryRun, expected_version: expectedVersion, comment }: Asked, request: AdmittedRequest) {
  return { dryRun, expectedVersion, comment, actor: actorOf(request) };
}

/** Both states go into the audit trail, with where each value came from and when it ends. */
function answerOf(result: ChangeResult, dryRun: boolean, request: AdmittedRequest): ChangeAnswer {
  const { version, changes } = result;
  const { before, after } = statesOf(changes);
  noteForAudit(request, { before, after: { ...after, version, ...(dryRun ? { dry_run: true } : {}) } });
  return { ...result, dry_run: dryRun };
}
