import type { RestAnswer } from './gateway.js';

/** What of an answer sets the session's cookie. */
const COOKIE = /^waybill_session=([^;]*)/;

/** An operator's browser, as far as the gateway sees it: a cookie, and the headers that tell where a page is from. */
export class OperatorSession {
  cookie = '';
  csrfToken = '';
  /** Of the last answer that set a cookie. */
  setCookie = '';

  constructor(
    private readonly port: number,
    /** As a proxy that is trusted would tell it. */
    private readonly address?: string,
  ) {}

  static async of(port: number, name: string, password: string): Promise<OperatorSession> {
    const session = new OperatorSession(port);
    const answer = await session.signIn(name, password);
    if (answer.status !== 201) throw new Error(`${name} cannot sign in: ${JSON.stringify(answer.body)}`);
    return session;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async signIn(name: string, password: string, headers: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    return this.call('POST', '/api/v1/ops/session', { name, password }, headers);
  }

  /** A request of the gateway's own page; a header of '' is left out. A body that is text is sent as it stands. */
  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    const all = {
      ...(method === 'GET' ? {} : { origin: this.origin }),
      ...(this.cookie === '' ? {} : { cookie: `waybill_session=${this.cookie}` }),
      ...(this.csrfToken === '' ? {} : { 'x-csrf-token': this.csrfToken }),
      ...(this.address === undefined ? {} : { 'x-forwarded-for': this.address }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: Object.entries(all).filter(([, value]) => value !== ''),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answered = (await response.json()) as RestAnswer['body'];
    this.remember(response.headers.getSetCookie(), answered);
    return { status: response.status, headers: response.headers, body: answered };
  }

  /** A ticket for a socket. */
  async ticket(): Promise<string> {
    const answer = await this.call('POST', '/api/v1/ops/session/ticket');
    if (answer.status !== 201) throw new Error(`no ticket: ${JSON.stringify(answer.body)}`);
    return (answer.body.data as { readonly ticket: string }).ticket;
  }

  private remember(cookies: readonly string[], answered: RestAnswer['body']): void {
    for (const header of cookies) {
      this.setCookie = header;
      this.cookie = COOKIE.exec(header)?.[1] ?? this.cookie;
    }
    const token = (answered.data as { readonly csrf_token?: string } | undefined)?.csrf_token;
    if (token !== undefined) this.csrfToken = token;
  }
}
