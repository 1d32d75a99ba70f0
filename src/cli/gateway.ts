import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { callRest, type RestRequest, VERSION, WaybillClient } from '@waybill/client';
import { UsageError } from './exit-codes.js';
import { missingNodes } from './missing-nodes.js';

/** Of what is downloaded: a heap holds secrets. */
const FILE_MODE = 0o600;
/** How long a stream may take to begin. */
const OPENING_MS = 10_000;

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly dataDir: string;
  /** Path of a PEM file. */
  readonly ca?: string;
  readonly json?: boolean;
}

/** Body of `POST auth/tokens`. */
export interface TokenRequest {
  readonly user: string;
  readonly roles?: readonly string[];
  readonly topics?: { readonly subscribe?: readonly string[]; readonly publish?: readonly string[] };
  readonly users?: { readonly send: readonly string[] };
  readonly broadcast?: boolean;
  readonly ttl_s?: number;
}

export interface MintedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expires_at: number;
}

/** The gateway that the commands speak to. */
export class RemoteGateway {
  private readonly said = new Set<string>();

  /** @param say tells the person at the terminal what is not in an answer, once. */
  constructor(
    private readonly options: GlobalOptions,
    private readonly say: (line: string) => void = () => undefined,
  ) {
    if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol)) {
      throw new UsageError(`--url "${options.url}" is not an http:// or https:// address, such as http://127.0.0.1:8080`);
    }
  }

  get url(): string {
    return this.options.url;
  }

  /** A REST call with the API key. */
  async call(request: RestRequest): Promise<unknown> {
    const answer = await this.send(request);
    for (const line of missingNodes(answer)) {
      if (!this.said.has(line)) this.say(line);
      this.said.add(line);
    }
    return answer;
  }

  /** As `call`, for an answer that is a file: writes it and answers its headers. */
  async download(request: RestRequest, path: string): Promise<Headers> {
    let headers = new Headers();
    await this.send(request, async (input, init) => {
      const response = await fetch(input, init);
      if (!response.ok || response.body === null) return response;
      headers = response.headers;
      await pipeline(Readable.fromWeb(response.body), createWriteStream(path, { mode: FILE_MODE }));
      return Response.json({ code: 'OK' });
    });
    return headers;
  }

  /** The bytes of an event stream, until it ends or is aborted. */
  async stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    let body: AsyncIterable<Uint8Array> | undefined;
    await this.send({ path, headers: { accept: 'text/event-stream' } }, async (input, init) => {
      const opening = new AbortController();
      const late = setTimeout(() => opening.abort(), OPENING_MS);
      const response = await fetch(input, { ...init, signal: AbortSignal.any([signal, opening.signal]) });
      clearTimeout(late);
      if (!response.ok || response.body === null) return response;
      ({ body } = response);
      return Response.json({ code: 'OK' });
    });
    if (body === undefined) throw new Error('the gateway answered without a stream');
    return body;
  }

  async mint(request: TokenRequest): Promise<MintedToken> {
    return (await this.call({ method: 'POST', path: 'auth/tokens', body: request })) as MintedToken;
  }

  /**
   * A client that acts as a user, by tokens minted with the API key as they are needed. The first is minted here, so that a
   * wrong key or a gateway that is away is told at once.
   */
  async connectAs(request: TokenRequest): Promise<WaybillClient> {
    let first: string | undefined = (await this.mint(request)).token;
    return new WaybillClient(this.options.url, {
      clientName: `waybill-cli/${VERSION}`,
      // A person waits in front of it.
      backoff: { maxDelayMs: 5_000 },
      token: async () => {
        const token = first ?? (await this.mint(request)).token;
        first = undefined;
        return token;
      },
    });
  }

  /** From the option or its environment variable, else from the file that the gateway keeps in its data directory. */
  async apiKey(): Promise<string> {
    if (this.options.apiKey !== undefined) return this.options.apiKey;
    const file = join(this.options.dataDir, 'api-key');
    try {
      return (await readFile(file, 'utf8')).trim();
    } catch {
      throw new UsageError(
        `No API key: give --api-key or set WAYBILL_API_KEY. (There is none in ${file}, where a gateway started here keeps it.)`,
      );
    }
  }

  private async send(request: RestRequest, fetcher?: typeof fetch): Promise<unknown> {
    return callRest(`${this.options.url.replace(/\/+$/, '')}/api/v1`, { credential: await this.apiKey(), ...request }, fetcher);
  }
}
