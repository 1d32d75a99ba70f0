import { Body, Controller, Delete, Get, Logger, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { type AuditNote, noteForAudit } from '../../audit/audit-note.js';
import { type DeviceRecord, Devices } from '../../auth/devices/devices.js';
import { Requires } from '../../auth/requires.js';
import { grantsOf } from '../../auth/token-claims.js';
import { readBody } from './auth-bodies.js';
import { newDeviceBody, newDeviceKeyBody, wantedKey } from './device-bodies.js';
import { deviceView } from './device-view.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { DEVICE, DEVICES, MADE_DEVICE, NEW_DEVICE_BODY, NEW_DEVICE_KEY_BODY, REMOVED_DEVICE } from './docs/device-schemas.js';
import { pathParameter, principalOf, queryInteger, queryText } from './request.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const ID = 'Name of the device.';

/** Registered devices by REST. Times are milliseconds since the epoch. */
@ApiTags('Devices')
@Controller('api/v1/devices')
export class DevicesController {
  private readonly logger = new Logger('Devices');

  constructor(private readonly devices: Devices) {}

  @Post()
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'device.create' })
  @ApiOperation({
    summary: 'Register a device',
    description: 'With its public key, or with a shared key that the answer holds; that is stored sealed and never shown again.',
  })
  @ApiBody({ schema: NEW_DEVICE_BODY })
  @Answers(201, MADE_DEVICE)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async register(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const wanted = readBody(newDeviceBody, body);
    const { record, secret } = await this.devices.register({
      id: wanted.id,
      user: wanted.user ?? `device:${wanted.id}`,
      roles: wanted.roles ?? [],
      grants: grantsOf(wanted),
      key: wantedKey(wanted),
    });
    this.note(request, 'device.created', wanted.id, { after: deviceView(record) });
    return { ...deviceView(record), secret: secret?.toString('base64url') };
  }

  @Get()
  @Requires({ scope: 'admin', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'List devices', description: 'By id, with their keys; without secrets.' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @Answers(200, DEVICES)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async list(@Req() request: FastifyRequest): Promise<object> {
    const asOf = Date.now();
    const limit = queryInteger(request, 'limit', { min: 1, max: MOST_ITEMS }) ?? DEFAULT_LIMIT;
    const { items, next } = await this.devices.list(queryText(request, 'cursor'), limit);
    return { items: items.map(deviceView), as_of: asOf, next };
  }

  @Get(':id')
  @Requires({ scope: 'admin', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One device' })
  @PathParameter('id', ID)
  @Answers(200, DEVICE)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async one(@Req() request: FastifyRequest): Promise<object> {
    return deviceView(await this.devices.find(pathParameter(request, 'id')));
  }

  @Delete(':id')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'device.remove' })
  @ApiOperation({ summary: 'Remove a device', description: 'Its tokens are worth nothing from now on, and its sockets end with 4503.' })
  @PathParameter('id', ID)
  @Answers(200, REMOVED_DEVICE)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async remove(@Req() request: FastifyRequest): Promise<object> {
    const id = pathParameter(request, 'id');
    const removed = await this.devices.remove(id, principalOf(request).id);
    this.note(request, 'device.removed', id, { before: deviceView(removed) });
    return { id };
  }

  @Post(':id/disable')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'device.disable' })
  @ApiOperation({ summary: 'Disable a device', description: 'As removing it, but it can be enabled again. Twice is harmless.' })
  @PathParameter('id', ID)
  @Answers(201, DEVICE)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async disable(@Req() request: FastifyRequest): Promise<object> {
    return this.changed(request, 'device.disabled', await this.devices.disable(pathParameter(request, 'id'), principalOf(request).id));
  }

  @Post(':id/enable')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'device.enable' })
  @ApiOperation({ summary: 'Enable a device', description: 'It may prove itself again; tokens from before stay worth nothing.' })
  @PathParameter('id', ID)
  @Answers(201, DEVICE)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async enable(@Req() request: FastifyRequest): Promise<object> {
    return this.changed(request, 'device.enabled', await this.devices.enable(pathParameter(request, 'id')));
  }

  @Post(':id/keys')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'device.key.create' })
  @ApiOperation({
    summary: 'Give a device another key',
    description: 'The present one goes on working for WAYBILL_DEVICE_KEY_OVERLAP_S. A device has two keys at most.',
  })
  @PathParameter('id', ID)
  @ApiBody({ schema: NEW_DEVICE_KEY_BODY })
  @Answers(201, MADE_DEVICE)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async addKey(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const { record, secret } = await this.devices.addKey(pathParameter(request, 'id'), wantedKey(readBody(newDeviceKeyBody, body)));
    return { ...this.changed(request, 'device.key_created', record), secret: secret?.toString('base64url') };
  }

  @Delete(':id/keys/:key')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'device.key.remove' })
  @ApiOperation({
    summary: 'Take a key away',
    description: 'Tokens of the device are worth nothing from now on, and its sockets end with 4401: it proves itself with its other key.',
  })
  @PathParameter('id', ID)
  @PathParameter('key', 'Id of the key, a UUID.')
  @Answers(200, DEVICE)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async removeKey(@Req() request: FastifyRequest): Promise<object> {
    const record = await this.devices.removeKey(pathParameter(request, 'id'), pathParameter(request, 'key'), principalOf(request).id);
    return this.changed(request, 'device.key_removed', record);
  }

  private changed(request: FastifyRequest, event: string, record: DeviceRecord): object {
    const view = deviceView(record);
    this.note(request, event, record.device.id, { after: view });
    return view;
  }

  private note(request: FastifyRequest, event: string, device: string, note: AuditNote): void {
    noteForAudit(request, { target: device, ...note });
    this.logger.log({ event, device, by: principalOf(request).id });
  }
}
