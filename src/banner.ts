/** What a person who just started the program needs to know next. */
export interface BannerFacts {
  readonly port: number;
  readonly opsPort: number;
  /** Whether the public port and the operators' port speak TLS. */
  readonly tls: { readonly port: boolean; readonly opsPort: boolean };
  /** Where the data directory's API key stands; undefined where the key came from the settings. */
  readonly apiKeyFile: string | undefined;
  /** The API key, where this very start made it: shown this once. */
  readonly generatedApiKey: string | undefined;
  /** The password of the first operator and where it is kept, where this very start made it: shown this once. */
  readonly operator: { readonly name: string; readonly password: string; readonly file: string } | undefined;
  readonly database: 'embedded' | 'external';
  /** Processes that serve the port. */
  readonly workers: number;
  /** Whether the console is served. */
  readonly console: boolean;
}

export function banner(facts: BannerFacts): string {
  const s = facts.tls.port ? 's' : '';
  const base = `http${s}://127.0.0.1:${facts.port}`;
  const key = facts.apiKeyFile === undefined ? '$WAYBILL_API_KEY' : `$(cat ${facts.apiKeyFile})`;
  const lines = [
    '',
    '  Waybill is running.',
    '',
    `  WebSocket   ws${s}://127.0.0.1:${facts.port}/ws`,
    `  REST        ${base}/api/v1      documented at ${base}/api/docs`,
    ...(facts.console ? [`  Console     ${base}/console`] : []),
    `  Operators   http${facts.tls.opsPort ? 's' : ''}://127.0.0.1:${facts.opsPort}/metrics, /readyz`,
    `  Database    ${facts.database === 'embedded' ? 'embedded Postgres in the data directory' : 'as DATABASE_URL says'}`,
    ...(facts.workers > 1 ? [`  Workers     ${facts.workers} processes behind the port, joined by Redis`] : []),
  ];
  if (facts.generatedApiKey !== undefined) {
    lines.push(
      '',
      `  API key     ${facts.generatedApiKey}`,
      `              shown this once, kept in ${facts.apiKeyFile ?? 'the data directory'}`,
    );
  }
  if (facts.operator !== undefined) {
    const { name, password, file } = facts.operator;
    lines.push('', `  Operator    ${name}, password ${password}`, `              shown this once, kept in ${file}`);
  }
  lines.push(
    '',
    '  Try it, in two more terminals:',
    '    npx waybill sub chat.lobby --user alice',
    `    npx waybill pub chat.lobby '{"text":"hello"}' --user bob`,
    '  or from your backend:',
    `    curl -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' \\`,
    `      -d '{"data":{"text":"hello"}}' ${base}/api/v1/topics/chat.lobby/messages`,
    '',
    '  Stop with Ctrl-C: connections are told to reconnect, then everything closes.',
    '',
  );
  return lines.join('\n');
}
