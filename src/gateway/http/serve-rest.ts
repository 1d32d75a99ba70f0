import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { OpenApi } from './docs/open-api.js';
import { Rest } from './rest.js';

/**
 * Puts the admission hooks and the documents on an application that was created on `createHttpAdapter`. Called once, between its
 * creation and its start: a start without it fails.
 */
export function serveRest(app: NestFastifyApplication): void {
  app.get(Rest, { strict: false }).install(app.getHttpAdapter() as unknown as FastifyAdapter);
  app.get(OpenApi, { strict: false }).describe(app);
}
