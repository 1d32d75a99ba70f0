import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A login role of an application that shares the database of the gateway, without any right of its own there. */
export class ApplicationRole {
  private readonly clients: pg.Client[] = [];

  private constructor(
    private readonly owner: string,
    readonly name: string,
    /** To connect as this role. */
    readonly url: string,
  ) {}

  /** `owner`: URL of the database, as the role that owns the schema. */
  static async create(owner: string): Promise<ApplicationRole> {
    const name = `App ${randomBytes(6).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    const url = new URL(owner);
    url.username = encodeURIComponent(name);
    url.password = password;
    const role = new ApplicationRole(owner, name, url.href);
    await role.asOwner(`create role "${name}" login password '${password}'`);
    return role;
  }

  async allow(publisher: string, topics: readonly string[]): Promise<void> {
    await this.asOwner('select waybill.allow_publish($1, $2, $3)', [this.name, publisher, topics]);
  }

  async asOwner(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: this.owner });
    await client.connect();
    try {
      return await client.query(text, [...values]);
    } finally {
      await client.end();
    }
  }

  /** A connection as this role, which `drop` ends. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    this.clients.push(client);
    return client;
  }

  async drop(): Promise<void> {
    for (const client of this.clients.splice(0)) await client.end();
    await this.asOwner(`drop owned by "${this.name}"`);
    await this.asOwner(`drop role "${this.name}"`);
  }
}
