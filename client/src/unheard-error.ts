import type { WaybillError } from './errors.js';

/** The last place for an error that no listener takes: unseen errors are worse than a line in the console. */
export function tellConsole(error: WaybillError): void {
  // oxlint-disable-next-line no-console
  console.warn('waybill:', error);
}
