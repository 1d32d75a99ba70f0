import { Body, Controller, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DEVICE_ID, DeviceAuthentication } from '../../auth/devices/device-authentication.js';
import { BY_REST, DeviceChallenges } from '../../auth/devices/device-challenges.js';
import { Refusal } from '../../protocol/refusal.js';
import { readBody } from './auth-bodies.js';
import { deviceTokenBody } from './device-bodies.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { TOKEN } from './docs/auth-schemas.js';
import { CHALLENGE, DEVICE_TOKEN_BODY } from './docs/device-schemas.js';
import { pathParameter } from './request.js';

/** No credential is needed: the proof is one. The limit of requests by address counts here as everywhere. */
const Open = (): MethodDecorator => RouteConfig({ open: true });

/** Where devices prove themselves. */
@ApiTags('Devices')
@Controller('api/v1/devices')
export class DeviceTokenController {
  constructor(
    private readonly challenges: DeviceChallenges,
    private readonly authentication: DeviceAuthentication,
  ) {}

  @Post(':id/challenge')
  @Open()
  @ApiSecurity({})
  @ApiOperation({
    summary: 'Ask for a challenge',
    description:
      'Answered for every id, whether there is such a device or not. The device signs the lines waybill-device-answer, version, server, its id, connection, nonce, purpose.',
  })
  @PathParameter('id', 'Name of the device.')
  @Answers(201, CHALLENGE)
  @Refuses('BAD_REQUEST')
  challenge(@Req() request: FastifyRequest): object {
    return answered(request, this.challenges.give(requireDeviceId(pathParameter(request, 'id')), BY_REST));
  }

  @Post(':id/token')
  @Open()
  @ApiSecurity({})
  @ApiOperation({
    summary: 'Answer a challenge',
    description:
      'A good answer brings a token. The refusal is the same for a device that does not exist, one that is disabled, and a wrong proof.',
  })
  @PathParameter('id', 'Name of the device.')
  @ApiBody({ schema: DEVICE_TOKEN_BODY })
  @Answers(201, TOKEN)
  @Refuses('BAD_REQUEST', 'UNAVAILABLE')
  async token(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const device = requireDeviceId(pathParameter(request, 'id'));
    const { token, expiresAt } = await this.authentication.answer({
      device,
      ...readBody(deviceTokenBody, body),
      connection: BY_REST.connection,
    });
    return answered(request, { token, expires_at: expiresAt });
  }
}

/** Open pages are sent as they are; these have the body of every other route. */
function answered(request: FastifyRequest, data: object): object {
  return { code: 'OK', message: 'OK', data, trace_id: request.traceId };
}

/** The form of an id; says nothing about whether there is such a device. */
export function requireDeviceId(id: string): string {
  if (DEVICE_ID.test(id)) return id;
  throw Refusal.badRequest('id', 'must be 1 to 64 characters of A-Z a-z 0-9 . _ : -, beginning with a letter or a digit');
}
