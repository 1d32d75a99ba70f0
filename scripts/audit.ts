/**
 * `npm run audit`: known vulnerabilities of what is shipped. Ends with 0 where none is serious, with 1 where one is, and with 2 where the
 * registry would not say.
 */
import { spawnSync } from 'node:child_process';
import { type AuditVerdict, auditVerdict } from './audit/verdict.ts';

const EXIT: Readonly<Record<AuditVerdict['state'], number>> = { clean: 0, vulnerable: 1, unchecked: 2 };

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const verdict = auditVerdict(stdout ?? '');
process.stdout.write(`${verdict.sentence}\n`);
process.exitCode = EXIT[verdict.state];
