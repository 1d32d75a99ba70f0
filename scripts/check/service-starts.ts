import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Debian asks this program whether an installed package may start its service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';
const ASIDE = `${POLICY}.before-waybill-tests`;
const FORBIDDEN = 101;

/** Runs work that installs packages, so that none of them starts a service: tests start their own instances. */
export function withoutServiceStarts(work: () => void): void {
  if (alreadyForbidden()) {
    work();
    return;
  }
  const had = existsSync(POLICY);
  if (had) renameSync(POLICY, ASIDE);
  writeFileSync(POLICY, `#!/bin/sh\nexit ${FORBIDDEN}\n`, { mode: 0o755 });
  try {
    work();
  } finally {
    rmSync(POLICY, { force: true });
    if (had) renameSync(ASIDE, POLICY);
  }
}

function alreadyForbidden(): boolean {
  return existsSync(POLICY) && spawnSync(POLICY, ['prometheus', 'start']).status === FORBIDDEN;
}
