/** What `npm audit --json` came to. */
export interface AuditVerdict {
  readonly state: 'clean' | 'vulnerable' | 'unchecked';
  /** For people. */
  readonly sentence: string;
}

const SERIOUS = ['high', 'critical'] as const;

interface AuditReport {
  readonly message?: string;
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

/** Reads the report; one that says nothing of vulnerabilities is a registry that would not answer. */
export function auditVerdict(output: string): AuditVerdict {
  const report = parsed(output);
  const counts = report?.metadata?.vulnerabilities;
  if (counts === undefined) {
    const why = report?.message ?? 'no report came';
    return { state: 'unchecked', sentence: `Nothing was checked: the registry did not answer the question (${why}). Ask one that does.` };
  }
  const found = Object.entries(report?.vulnerabilities ?? {}).filter(([, { severity }]) =>
    (SERIOUS as readonly string[]).includes(severity),
  );
  if (found.length === 0) return { state: 'clean', sentence: `No vulnerability of severity high or critical (${total(counts)} of any).` };
  const names = found.map(([name, { severity, range }]) => `${name} ${range} (${severity})`);
  return {
    state: 'vulnerable',
    sentence: `${found.length} packages with a vulnerability of severity high or critical: ${names.join(', ')}.`,
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return counts['total'] ?? Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function parsed(output: string): AuditReport | undefined {
  try {
    return JSON.parse(output) as AuditReport;
  } catch {
    return undefined;
  }
}
