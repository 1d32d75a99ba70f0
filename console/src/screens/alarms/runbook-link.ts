/** Where a link of a runbook leads: another runbook here, a page elsewhere, or nowhere that this console knows. */
export function linkOf(href: string): { readonly to?: string; readonly href?: string } {
  const runbook = /^(?:\.\/)?(waybill-[a-z0-9-]+)\.md(?:#.*)?$/.exec(href)?.[1];
  if (runbook !== undefined) return { to: `/alarms/runbooks/${runbook}` };
  return /^https?:\/\//.test(href) ? { href } : {};
}
