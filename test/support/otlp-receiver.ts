import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Metadata, Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js';
import { type SentSpan, spansOf } from './otlp-spans.js';

/** What the collector does with a request: takes it, refuses it, or never answers. */
export type Manner = 'take' | 'refuse' | 'hang';

type Headers = IncomingHttpHeaders | Readonly<Record<string, unknown>>;

/** OTLP's one method (opentelemetry-proto, collector/trace/v1). */
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const asItIs = (bytes: Buffer): Buffer => bytes;

/** A collector on 127.0.0.1 that speaks http/protobuf or gRPC and keeps everything that it is sent. */
export class OtlpReceiver {
  static async start(protocol: 'http/protobuf' | 'grpc' = 'http/protobuf'): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    if (protocol === 'grpc') await receiver.#serveGrpc();
    else await receiver.#serveHttp();
    return receiver;
  }

  manner: Manner = 'take';
  /** Of each request, in their order. */
  readonly headers: Headers[] = [];
  /** Paths that were asked for; of gRPC the method. */
  readonly paths: string[] = [];
  readonly #bodies: Buffer[] = [];
  #port = 0;
  #close: () => Promise<void> = () => Promise.resolve();

  private constructor() {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Everything that came: strings of protobuf stand in it as they are. */
  get text(): string {
    return Buffer.concat(this.#bodies).toString('utf8');
  }

  get requests(): number {
    return this.#bodies.length;
  }

  /** Every span of the requests that were taken, decoded. */
  get spans(): readonly SentSpan[] {
    return this.#bodies.flatMap(spansOf);
  }

  /** Ends it, and whatever waits for an answer. Nobody listens on its port any more. */
  async close(): Promise<void> {
    await this.#close();
  }

  /** Answers whether the request is taken; undefined: no answer. */
  #judge(path: string, headers: Headers, body: Buffer): boolean | undefined {
    this.paths.push(path);
    this.headers.push(headers);
    if (this.manner === 'hang') return undefined;
    if (this.manner === 'refuse') return false;
    this.#bodies.push(body);
    return true;
  }

  async #serveHttp(): Promise<void> {
    const server: HttpServer = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const isTaken = this.#judge(
          request.url ?? '',
          request.headers,
          request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body,
        );
        if (isTaken !== undefined) response.writeHead(isTaken ? 200 : 400).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#close = async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    };
  }

  async #serveGrpc(): Promise<void> {
    const server = new GrpcServer();
    const codec = { requestSerialize: asItIs, requestDeserialize: asItIs, responseSerialize: asItIs, responseDeserialize: asItIs };
    server.addService(
      { Export: { path: EXPORT, requestStream: false, responseStream: false, ...codec } },
      {
        Export: (
          call: { readonly request: Buffer; readonly metadata: Metadata },
          answer: (error: { code: number; details: string } | null, response?: Buffer) => void,
        ): void => {
          const isTaken = this.#judge(EXPORT, call.metadata.getMap(), call.request);
          if (isTaken === true) answer(null, Buffer.alloc(0));
          else if (isTaken === false) answer({ code: status.INVALID_ARGUMENT, details: 'refused by the test' });
        },
      },
    );
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    this.#close = async () => server.forceShutdown();
  }
}
