import type { IncomingMessage } from 'node:http';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Authenticator, type Credentials } from '../auth/authenticator.js';
import type { CertificateIdentity } from '../auth/certificate-identity.js';
import { requestCredentials, upgradeCredentials } from '../auth/bearer.js';
import { hasRole } from '../auth/operators/operator-rights.js';
import type { Principal } from '../auth/principal.js';
import type { Requirement } from '../auth/requires.js';
import { LiveSettings } from '../config/live-settings.js';
import { traceparentOrNothing } from '../protocol/envelope.js';
import { Refusal } from '../protocol/refusal.js';
import { type HandshakeObservation, type Observation, type RequestObservation, Telemetry, UNTRACED } from '../telemetry/telemetry.js';
import { ClientAddresses } from './client-address.js';
import { requireCsrfToken, requireOwnPage } from './http/own-page.js';
import { Limits, REQUEST_UNITS } from './limits/limits.js';
import { ClientCertificates } from './tls/client-certificate.js';

/** What a door contributes to the list. Each of these refuses by throwing a `Refusal`. */
interface Door {
  /** Opens this door's observation. */
  readonly observe: () => Observation;
  /** Whether it is shut because the node is drained or ends. */
  readonly closed: () => boolean;
  /** The credential that came; undefined where none did. */
  readonly credentials: () => Credentials | undefined;
  /** Whom the client's certificate names; undefined where none has a say. */
  readonly certificate: () => CertificateIdentity | undefined;
  readonly authorise: (principal: Principal | undefined) => void | Promise<void>;
}

/** Somebody at a door. The steps fill in what they find out. */
interface Arrival {
  readonly address: string;
  readonly door: Door;
  observation: Observation;
  principal: Principal | undefined;
  /** The kind of credential. */
  how: string;
}

type Step = (arrival: Arrival) => void | Promise<void>;

export interface AdmittedUpgrade {
  /** Undefined: no credential came with the upgrade; wait for the `auth` frame. */
  readonly principal: Principal | undefined;
  /** The kind of credential that came: `header`, `subprotocol`, `ticket`, `certificate`; `none`. */
  readonly how: string;
  readonly observation: HandshakeObservation;
}

/** The upgrade's own rules; each throws a `Refusal`, which the observation is told of. */
export interface UpgradeRules {
  /** Is handed the observation before anything can refuse: refusals name its trace too. */
  readonly observed?: (observation: HandshakeObservation) => void;
  /** The form of the handshake: path, method, version, origin … Runs before anything is read from the credential. */
  readonly inspect?: () => void;
  /** What this path asks of the principal, such as the right to the one topic of a topic socket, and a place among the others. */
  readonly authorise?: (principal: Principal | undefined) => void | Promise<void>;
}

const DRAINING_RETRY_MS = 1_000;

/** Whom a node turns away that is drained (connections), or whose process ends. */
type ClosedTo = 'nobody' | 'connections' | 'everybody';

/** What everybody passes who enters, by REST or by an upgrade: before a body is read, before a socket is accepted. */
@Injectable()
export class Admission implements OnModuleDestroy {
  private readonly steps: readonly Step[] = [
    (arrival) => this.observe(arrival),
    (arrival) => this.limit(arrival),
    (arrival) => this.authenticate(arrival),
    (arrival) => this.authorise(arrival),
  ];
  private readonly addresses: ClientAddresses;
  private readonly certificates: ClientCertificates;
  private closedTo: ClosedTo = 'nobody';
  private ending = false;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly telemetry: Telemetry,
    private readonly limits: Limits,
    private readonly settings: LiveSettings,
  ) {
    this.addresses = new ClientAddresses(settings.current.server.trustedProxies);
    this.certificates = new ClientCertificates(settings.current.tls);
  }

  /** Whether this node refuses new connections because it is drained or shuts down. */
  get draining(): boolean {
    return this.closedTo !== 'nobody';
  }

  /** Whether the process ends: what it refuses, it refuses for good. */
  get stopping(): boolean {
    return this.ending;
  }

  /** From now on new connections are refused with `DRAINING`; requests are answered, those of operators above all. */
  drain(): void {
    if (this.closedTo === 'nobody') this.closedTo = 'connections';
  }

  /** Lets connections in again, unless the process ends. */
  reopen(): void {
    if (!this.stopping) this.closedTo = 'nobody';
  }

  /** The process ends: as `drain`, for good. Requests are answered until `stop`, since proxies need a moment to learn of it. */
  onModuleDestroy(): void {
    this.ending = true;
    this.drain();
  }

  /** From now on everybody who arrives is refused with `DRAINING`. */
  stop(): void {
    this.ending = true;
    this.closedTo = 'everybody';
  }

  /** Refuses what would stay open while the node is drained. */
  requireOpen(): void {
    if (this.draining) throw draining(this.stopping);
  }

  /** Where a request comes from, as limits, views, logs and spans name it. */
  addressOf(request: IncomingMessage): string {
    return this.addresses.of(request);
  }

  /** Whether the client speaks TLS: to this port or, by the word of a proxy that is trusted, to that proxy. */
  isTls(request: IncomingMessage): boolean {
    return this.addresses.cameByTls(request);
  }

  /** Refuses a request that another site's page made a browser send. */
  requireOwnPage(request: IncomingMessage): void {
    requireOwnPage(request, { allowed: this.settings.current.server.allowedOrigins, secure: this.isTls(request) });
  }

  /** Admits an upgrade request. Rejects with a `Refusal`, after the observation has been told of it. */
  async admitUpgrade(request: IncomingMessage, rules: UpgradeRules = {}): Promise<AdmittedUpgrade> {
    const address = this.addressOf(request);
    const observation = this.telemetry.handshake({
      path: pathOf(request),
      address,
      userAgent: request.headers['user-agent'],
      ...traceContextOf(request),
    });
    rules.observed?.(observation);
    const door: Door = {
      observe: () => observation,
      closed: () => this.draining,
      credentials: () => {
        rules.inspect?.();
        return upgradeCredentials(request);
      },
      certificate: () => this.certificates.identityOf(request),
      authorise: (principal) => rules.authorise?.(principal),
    };
    try {
      const { principal, how } = await this.walk(address, door);
      return { principal, how, observation };
    } catch (error) {
      observation.end(error instanceof Refusal ? error.code : 'INTERNAL', error instanceof Refusal ? { message: error.message } : {});
      throw error;
    }
  }

  /**
   * Admits a REST request. `requirement` is what its route declared; undefined where no such route exists or the page is open to
   * everybody: then only the limit counts and nobody is authenticated. `observed` is handed the observation before anything can
   * refuse; it ends with the response. `recognised` is told who came, admitted or not. Rejects with a `Refusal`.
   */
  async admitRequest(
    request: IncomingMessage,
    requirement: Requirement | undefined,
    observed: (observation: RequestObservation) => void,
    recognised: (principal: Principal) => void = () => undefined,
  ): Promise<Principal | undefined> {
    const address = this.addressOf(request);
    let begun: RequestObservation | undefined;
    const { principal: admitted } = await this.walk(address, {
      observe: () => {
        const observation = this.telemetry.request({
          method: request.method ?? 'GET',
          path: pathOf(request),
          address,
          ...traceContextOf(request),
        });
        begun = observation;
        observed(observation);
        return observation;
      },
      closed: () => this.closedTo === 'everybody',
      credentials: () => (requirement === undefined ? undefined : this.requestCredentials(request)),
      certificate: () => (requirement === undefined ? undefined : this.certificates.identityOf(request)),
      authorise: (principal) => {
        begun?.authenticated(principal?.kind === 'api_key' ? 'key' : 'other');
        if (principal !== undefined) recognised(principal);
        if (requirement !== undefined) requirePermission(principal, requirement);
      },
    }).finally(() => begun?.authenticated('other'));
    return admitted;
  }

  /** Takes what a request costs beyond the unit that every request does. Throws `RATE_LIMITED`. `kind`: a limit of its own, which counts all of it. */
  charge(request: IncomingMessage, principal: Principal, units: number, kind?: 'history' | 'presence'): void {
    this.limits.takeMoreOf(principal, this.addressOf(request), units - REQUEST_UNITS);
    if (kind !== undefined) this.limits.takeOfKind(principal, units, kind);
  }

  /** A browser sends a cookie along with whatever any page makes it send, so a cookie must come from a page of our own. */
  private requestCredentials(request: IncomingMessage): Credentials | undefined {
    const credentials = requestCredentials(request);
    if (credentials?.kind !== 'session') return credentials;
    this.requireOwnPage(request);
    requireCsrfToken(request, credentials.secret);
    return credentials;
  }

  private async walk(address: string, door: Door): Promise<Arrival> {
    const arrival: Arrival = { address, door, observation: UNTRACED, principal: undefined, how: 'none' };
    try {
      for (const step of this.steps) await step(arrival);
    } catch (error) {
      throw error instanceof Refusal ? error.concerning(arrival.principal?.id) : error;
    }
    return arrival;
  }

  private observe(arrival: Arrival): void {
    arrival.observation = arrival.door.observe();
  }

  private limit({ address, door }: Arrival): void {
    if (door.closed()) throw draining(this.stopping);
    this.limits.takeOfAddress(address, REQUEST_UNITS);
  }

  private async authenticate(arrival: Arrival): Promise<void> {
    const { door, observation } = arrival;
    const shown = door.credentials();
    const identity = door.certificate();
    const credentials = shown ?? (identity && { kind: 'certificate', identity });
    if (credentials === undefined) return;
    const principal = await observation.run(() => this.authenticator.authenticate(credentials, arrival.address));
    requireOwnCertificate(principal, identity);
    arrival.principal = principal;
    arrival.how = credentials.kind === 'token' ? credentials.method : credentials.kind;
    this.limits.takeOf(principal, REQUEST_UNITS);
  }

  private authorise({ door, principal }: Arrival): void | Promise<void> {
    return door.authorise(principal);
  }
}

function draining(stopping: boolean): Refusal {
  const why = stopping ? 'is shutting down' : 'is drained by an operator and takes no connections';
  return new Refusal('DRAINING', `this node ${why}; come back to reach another one`, { retryAfterMs: DRAINING_RETRY_MS });
}

/** A stolen credential is of no use on a connection of somebody else's certificate. */
function requireOwnCertificate({ id, kind }: Principal, identity: CertificateIdentity | undefined): void {
  // The node itself shows whatever certificate it was given to get in with.
  if (identity === undefined || identity.id === id || kind === 'system') return;
  throw new Refusal(
    'UNAUTHENTICATED',
    'The credential is for another identity than the client certificate names: use the two that belong together (option tls.clientIdentity).',
  );
}

/** Each kind of caller needs what the route asks of that kind. Rights on topics are the core's to decide. */
function requirePermission(principal: Principal | undefined, requirement: Requirement): void {
  if (principal === undefined) {
    throw new Refusal(
      'UNAUTHENTICATED',
      'no credential: send Authorization: Bearer with a token or an API key, or X-API-Key with an API key',
    );
  }
  switch (principal.kind) {
    case 'user':
      if (requirement.users) return;
      throw new Refusal('PERMISSION_DENIED', 'this route is not for user tokens', { rule: 'route.users' });
    case 'operator':
      return requireRole(principal, requirement);
    default:
      return requireScope(principal, requirement);
  }
}

function requireRole(principal: Principal, { operator: least }: Requirement): void {
  if (least === undefined)
    throw new Refusal('PERMISSION_DENIED', 'this route is not for operators: use a token or an API key', { rule: 'route.operator' });
  if (!hasRole(principal, least))
    throw new Refusal('PERMISSION_DENIED', `this route needs an operator with the role "${least}"`, { rule: `route.operator.${least}` });
}

function requireScope({ scopes }: Principal, { scope }: Requirement): void {
  if (scope === 'operators')
    throw new Refusal('PERMISSION_DENIED', 'this route is for operators who signed in, not for API keys', { rule: 'route.operators' });
  if (scope !== 'none' && !scopes.includes(scope))
    throw new Refusal('PERMISSION_DENIED', `this route needs an API key with the scope "${scope}"`, { rule: `route.scope.${scope}` });
}

/** The path alone: queries may carry tickets and never reach a span or a log. */
function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** Where there are several tracestate headers they are one list (Trace Context, section 3.3.1). */
function traceContextOf({ headers }: IncomingMessage): {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
} {
  const { tracestate } = headers;
  return {
    traceparent: traceparentOrNothing(headers['traceparent']),
    tracestate: Array.isArray(tracestate) ? tracestate.join(',') : tracestate,
  };
}
