import { clientCodes } from './client-codes.js';
import { configDocument } from './config-document.js';
import { errorDocument } from './error-document.js';
import { metricsDocument } from './metrics-document.js';
import { pageFromTemplate } from './page-from-template.js';
import { asyncApiDocument } from './reference/asyncapi-document.js';
import { cliDocument } from './reference/cli-document.js';
import { clientDocument } from './reference/client-document.js';
import { telemetryDocument } from './telemetry-document.js';

/** A file that is written by the program, never by hand. */
export interface GeneratedDocument {
  /** From the project's root. */
  readonly path: string;
  readonly text: () => string | Promise<string>;
}

export const DOCUMENTS: readonly GeneratedDocument[] = [
  { path: 'docs/config.md', text: configDocument },
  { path: 'docs/errors.md', text: errorDocument },
  { path: 'docs/metrics.md', text: metricsDocument },
  { path: 'docs/telemetry.md', text: telemetryDocument },
  { path: 'client/src/generated/codes.ts', text: clientCodes },
  { path: 'docs/reference/client.md', text: clientDocument },
  { path: 'docs/reference/cli.md', text: cliDocument },
  { path: 'docs/reference/asyncapi.json', text: asyncApiDocument },
  { path: 'docs/examples.md', text: () => pageFromTemplate('src/docs/templates/examples.md') },
  { path: 'docs/devices.md', text: () => pageFromTemplate('src/docs/templates/devices.md') },
  { path: 'docs/sql-publish.md', text: () => pageFromTemplate('src/docs/templates/sql-publish.md') },
  { path: 'docs/logs.md', text: () => pageFromTemplate('src/docs/templates/logs.md') },
  { path: 'client/README.md', text: () => pageFromTemplate('src/docs/templates/client-readme.md') },
];
