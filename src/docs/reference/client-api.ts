import type { PublicApi } from './api-model.js';
import { readApi } from './read-api.js';

const FOLDER = 'client';
const MODULES = {
  '@waybill/client': `${FOLDER}/src/index.ts`,
  '@waybill/client/testing': `${FOLDER}/src/testing/index.ts`,
};

let reading: Promise<readonly PublicApi[]> | undefined;

/** The client package's public interface; compiled once, however many documents show parts of it. */
export function clientApi(): Promise<readonly PublicApi[]> {
  return (reading ??= readApi(FOLDER, MODULES));
}
