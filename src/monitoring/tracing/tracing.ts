import {
  type Attributes,
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Config } from '../../config/config.js';
import { packageVersion } from '../../config/package-version.js';
import { collectorOf } from './collector.js';
import { OtlpExporter } from './otlp-exporter.js';
import { type LossListener, OtlpPipeline } from './otlp-pipeline.js';
import { resourceOf } from './resource.js';
import { ATTR_PROBE, MESSAGING_SYSTEM } from './semconv.js';
import { SpanRing } from './span-ring.js';
import { parseTraceparent } from './traceparent.js';
import { FollowingSampler, type RootClass, RootSampler, type SamplingRules, TAKEN } from './trace-sampler.js';

/** A collector that hangs may hold up the end of the program for this long. */
const FLUSH_DEADLINE_MS = 1_500;
const TAKEN_ROOT = ROOT_CONTEXT.setValue(TAKEN, true);

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** Traceparents this span refers to without being their child; absent and malformed ones are left out. */
  readonly links?: readonly (string | undefined)[];
  /** When it began, by `performance.now()`, where that was before now. Its end then has to be given too. */
  readonly startedAt?: number;
}

/** Whose traceparent is followed: see `WAYBILL_TRUST_TRACEPARENT`. */
export type Trust = Config['monitoring']['trustTraceparent'];

/** What a probe says of a root. */
export interface ProbeWish {
  /** Whether a probe watches what it is about. */
  readonly names: () => boolean;
  /** Whether it is to be traced although the sampler does not take it; takes one of those that probes may begin. */
  readonly takes: () => boolean;
}

/** Starts spans by the rules of the sampler, and owns what becomes of them. One for each running gateway. */
export class Tracing {
  /** Finished spans, where no collector takes them. */
  readonly ring: SpanRing;
  readonly provider: TracerProvider;
  readonly trust: Trust;
  /** Traces that were begun, by what began them. */
  readonly begun: Record<RootClass, number> = { connection: 0, command: 0, message: 0 };
  private readonly tracer: Tracer;
  private readonly pipeline: OtlpPipeline | undefined;
  private readonly sampler: RootSampler;
  private onLoss: LossListener = () => undefined;

  /** @param extra further receivers of finished spans. */
  constructor(config: Config, extra: readonly SpanProcessor[] = [], sampler?: RootSampler) {
    const { traceRatio, traceRate, traceRing } = config.monitoring;
    const collector = collectorOf(config);
    this.trust = config.monitoring.trustTraceparent;
    this.ring = new SpanRing(collector === undefined ? traceRing : 0);
    this.sampler = sampler ?? new RootSampler({ ratio: traceRatio, rate: traceRate });
    this.pipeline = collector === undefined ? undefined : new OtlpPipeline(new OtlpExporter(collector), (...loss) => this.onLoss(...loss));
    this.provider = new TracerProvider({
      resource: resourceOf(config),
      sampler: new FollowingSampler(),
      spanProcessors: [this.pipeline ?? this.ring, ...extra],
    });
    this.tracer = this.provider.getTracer(MESSAGING_SYSTEM, packageVersion);
    useAsyncContexts();
  }

  /** Spans that wait to be sent to a collector; 0 where there is none. */
  get waitingSpans(): number {
    return this.pipeline?.waiting ?? 0;
  }

  /** Who is told of lost spans. */
  reportLosses(listener: LossListener): void {
    this.onLoss = listener;
  }

  /** Changes what share of roots is traced, from now on. */
  sample(rules: SamplingRules): void {
    this.sampler.follow(rules);
  }

  /** Begins a trace if the sampler takes it, or if a probe wants it all the same; `describe` is called only then. */
  root(root: RootClass, describe: () => SpanStart, wish?: ProbeWish): Span | undefined {
    return this.takes(root, wish) ? marked(this.start(describe(), TAKEN_ROOT), wish) : undefined;
  }

  /** Begins a trace that has an id for answers and logs even where the sampler does not take it. */
  rootWithId(root: RootClass, start: SpanStart, wish?: ProbeWish): Span {
    return marked(this.start(start, this.takes(root, wish) ? TAKEN_ROOT : ROOT_CONTEXT), wish);
  }

  /**
   * Goes on with the trace of a caller who is trusted. Its decision whether to trace is followed as often as connections are traced; a
   * probe's goes before it. The id is the caller's in any case.
   */
  following(caller: SpanContext, root: RootClass, start: SpanStart, wish?: ProbeWish): Span {
    const isTraced = (caller.traceFlags !== 0 && this.sampler.follows()) || wish?.takes() === true;
    if (isTraced) this.begun[root] += 1;
    const parent = { ...caller, traceFlags: isTraced ? TraceFlags.SAMPLED : TraceFlags.NONE };
    return marked(this.start(start, trace.setSpanContext(ROOT_CONTEXT, parent)), wish);
  }

  /** Begins a trace because something it links to is traced. */
  linked(start: SpanStart, wish?: ProbeWish): Span {
    return marked(this.start(start, TAKEN_ROOT), wish);
  }

  /** Begins a child of a traced span of any node; undefined where that is not traced. */
  childOf(traceparent: string | undefined, describe: () => SpanStart, wish?: ProbeWish): Span | undefined {
    const parent = parseTraceparent(traceparent);
    if (parent === undefined || parent.traceFlags === 0) return undefined;
    return marked(this.start(describe(), trace.setSpanContext(ROOT_CONTEXT, parent)), wish);
  }

  /** Begins a child of the current span; undefined where that is not traced. */
  childOfActive(active: Span, describe: () => SpanStart, wish?: ProbeWish): Span | undefined {
    return active.isRecording() ? marked(this.start(describe(), trace.setSpan(ROOT_CONTEXT, active)), wish) : undefined;
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

  private takes(root: RootClass, wish: ProbeWish | undefined): boolean {
    const taken = this.sampler.takes(root) || wish?.takes() === true;
    if (taken) this.begun[root] += 1;
    return taken;
  }

  private start({ name, kind, attributes, links, startedAt }: SpanStart, parent: Context): Span {
    return this.tracer.startSpan(
      name,
      {
        kind,
        ...(attributes === undefined ? {} : { attributes }),
        ...(links === undefined ? {} : { links: linksTo(links) }),
        ...(startedAt === undefined ? {} : { startTime: startedAt }),
      },
      parent,
    );
  }
}

/** A collector that keeps a share of the traces keeps those that a probe names. */
function marked(span: Span, wish: ProbeWish | undefined): Span {
  if (wish !== undefined && span.isRecording() && wish.names()) span.setAttribute(ATTR_PROBE, true);
  return span;
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
