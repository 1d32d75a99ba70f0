import {
  type Attributes,
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Config } from '../../config/config.js';
import { packageVersion } from '../package-version.js';
import { type LossListener, OtlpPipeline } from './otlp-pipeline.js';
import { ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION, MESSAGING_SYSTEM } from './semconv.js';
import { SpanRing } from './span-ring.js';
import { parseTraceparent } from './traceparent.js';
import { FollowingSampler, type RootClass, RootSampler, type SamplingRules, TAKEN } from './trace-sampler.js';

const FLUSH_DEADLINE_MS = 2_000;
const TAKEN_ROOT = ROOT_CONTEXT.setValue(TAKEN, true);

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** Traceparents this span refers to without being their child; absent and malformed ones are left out. */
  readonly links?: readonly (string | undefined)[];
}

/** Starts spans by the rules of the sampler, and owns what becomes of them. One for each running gateway. */
export class Tracing {
  /** Finished spans, where no collector takes them. */
  readonly ring: SpanRing;
  readonly provider: TracerProvider;
  private readonly tracer: Tracer;
  private readonly sampler: RootSampler;
  private onLoss: LossListener = () => undefined;

  /** @param extra further receivers of finished spans. */
  constructor(config: Config, extra: readonly SpanProcessor[] = [], sampler?: RootSampler) {
    const { traceRatio, traceRate, traceRing, otlpEndpoint } = config.monitoring;
    this.ring = new SpanRing(otlpEndpoint === undefined ? traceRing : 0);
    this.sampler = sampler ?? new RootSampler({ ratio: traceRatio, rate: traceRate });
    const receiver = otlpEndpoint === undefined ? this.ring : new OtlpPipeline(otlpEndpoint, (...loss) => this.onLoss(...loss));
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({
        [ATTR_SERVICE_NAME]: MESSAGING_SYSTEM,
        [ATTR_SERVICE_VERSION]: packageVersion,
        ...(config.server.nodeId === undefined ? {} : { [ATTR_SERVICE_INSTANCE_ID]: config.server.nodeId }),
      }),
      sampler: new FollowingSampler(),
      spanProcessors: [receiver, ...extra],
    });
    this.tracer = this.provider.getTracer(MESSAGING_SYSTEM, packageVersion);
    useAsyncContexts();
  }

  /** Who is told of lost spans. */
  reportLosses(listener: LossListener): void {
    this.onLoss = listener;
  }

  /** Changes what share of roots is traced, from now on. */
  sample(rules: SamplingRules): void {
    this.sampler.follow(rules);
  }

  /** Begins a trace if the sampler takes it; `describe` is called only then. */
  root(root: RootClass, describe: () => SpanStart): Span | undefined {
    return this.sampler.takes(root) ? this.start(describe(), TAKEN_ROOT) : undefined;
  }

  /** Begins a trace that has an id for answers and logs even where the sampler does not take it. */
  rootWithId(root: RootClass, start: SpanStart): Span {
    return this.start(start, this.sampler.takes(root) ? TAKEN_ROOT : ROOT_CONTEXT);
  }

  /** Begins a trace because something it links to is traced. */
  linked(start: SpanStart): Span {
    return this.start(start, TAKEN_ROOT);
  }

  /** Begins a child of a traced span of any node; undefined where that is not traced. */
  childOf(traceparent: string | undefined, describe: () => SpanStart): Span | undefined {
    const parent = parseTraceparent(traceparent);
    if (parent === undefined || parent.traceFlags === 0) return undefined;
    return this.start(describe(), trace.setSpanContext(ROOT_CONTEXT, parent));
  }

  /** Begins a child of the current span; undefined where that is not traced. */
  childOfActive(active: Span, describe: () => SpanStart): Span | undefined {
    return active.isRecording() ? this.start(describe(), trace.setSpan(ROOT_CONTEXT, active)) : undefined;
  }

  /** Hands on what is waiting and stops, within a deadline; never rejects. */
  async shutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_DEADLINE_MS);
    });
    // A collector that is away has been counted; there is nobody left to tell.
    await Promise.race([this.provider.shutdown().catch(() => undefined), deadline]);
    clearTimeout(timer);
  }

  private start({ name, kind, attributes, links }: SpanStart, parent: Context): Span {
    return this.tracer.startSpan(
      name,
      { kind, ...(attributes === undefined ? {} : { attributes }), ...(links === undefined ? {} : { links: linksTo(links) }) },
      parent,
    );
  }
}

function linksTo(traceparents: readonly (string | undefined)[]): Link[] {
  return traceparents.flatMap((traceparent) => {
    const linked = parseTraceparent(traceparent);
    return linked === undefined ? [] : [{ context: linked }];
  });
}

let contexts: AsyncLocalStorageContextManager | undefined;

/** The current span follows asynchronous calls; one manager serves the whole process, for its whole life. */
function useAsyncContexts(): void {
  if (contexts !== undefined) return;
  contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
}
