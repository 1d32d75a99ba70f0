import { type Board, heatmap, percentiles, series, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { OURS_AND_GOOD, OUR_FAULT, mean, orZero, own, quantile, quantileBy, rate, share, shareOf, sum } from '../query.ts';

export const CONNECTIONS: Board = {
  name: 'waybill-connections',
  title: 'Connections',
  description: 'Who is connected, can they get in, and why do they leave.',
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Open',
          says: 'Connections that are open now, WebSockets and event streams.',
          action: 'Compare with the same hour yesterday. A fall on one node alone is that node: Waybill / Node runtime.',
          unit: 'short',
          past: true,
          queries: [{ expr: orZero(sum(own('waybill_connections'))), legend: 'open' }],
        }),
        tile({
          title: 'Opened',
          says: 'Connections that were authenticated and opened in a second.',
          action:
            'A peak after a deploy or a network failure is everybody coming back: it should be over in minutes, else look at closes by reason.',
          unit: 'cps',
          past: true,
          queries: [{ expr: orZero(sum(rate('waybill_connections_opened_total'))), legend: 'opened' }],
        }),
        tile({
          title: 'Closed',
          says: 'Connections that ended in a second, for whatever reason.',
          action: 'As many as are opened is churn: clients that cannot stay. "Closes by reason" says why.',
          unit: 'cps',
          past: true,
          queries: [{ expr: orZero(sum(rate('waybill_connections_closed_total'))), legend: 'closed' }],
        }),
        tile({
          title: 'Came in 10 min',
          says: 'Connections opened within ten minutes as a multiple of those that are open: 1 means that everybody came once.',
          action:
            'Above the line clients cannot stay: "Closes by reason" says why. Do not restart nodes; pace them with WAYBILL_ACCEPTS_PER_SECOND.',
          unit: 'none',
          decimals: 2,
          nothing: 'nobody here',
          limit: LIMITS.reconnectStorm,
          queries: [
            {
              expr: share(sum(`increase(${own('waybill_connections_opened_total')}[10m])`), sum(own('waybill_connections'))),
              legend: 'times',
            },
          ],
        }),
        tile({
          title: 'Upgrades that failed',
          says: 'Share of upgrade requests that failed by no fault of the client.',
          action: 'See "Handshakes by result" below: UNAVAILABLE is the database or a node that is full, INTERNAL a defect.',
          unit: 'percentunit',
          nothing: 'no traffic',
          limit: LIMITS.handshakeErrors,
          queries: [
            {
              expr: shareOf('waybill_handshakes_total', OUR_FAULT, OURS_AND_GOOD),
              legend: 'failed',
            },
          ],
        }),
        tile({
          title: 'Handshake p99',
          says: 'Time from an accepted upgrade request to its 101.',
          action: 'When it rises with "Opened", the node paces a storm and will catch up; else look at "Credential checks p99" below.',
          unit: 's',
          limit: LIMITS.handshakeInTime,
          queries: [{ expr: quantile(0.99, 'waybill_handshake_duration_seconds'), legend: 'p99' }],
        }),
        tile({
          title: 'Draining',
          says: 'Nodes that take nobody in: shutting down, or drained by an operator.',
          action:
            'Normal in a deploy. If nobody deploys, ask who drained the node or stopped the process: `waybill audit`, then the service manager’s log.',
          unit: 'short',
          queries: [{ expr: orZero(sum(own('waybill_draining'))), legend: 'draining' }],
        }),
        tile({
          title: 'Certificate ends in',
          says: 'Time until the certificate in use ends, on the node where that is soonest. Nothing without TLS.',
          action: 'Put the new certificate in place of the old files: it is taken without a restart. docs/tls.md.',
          unit: 's',
          decimals: 0,
          nothing: 'no TLS',
          limit: LIMITS.certificate,
          queries: [{ expr: `min(${own('waybill_tls_certificate_expiry_timestamp_seconds')} > 0) - time()`, legend: 'left' }],
        }),
        series({
          title: 'Open connections by node',
          says: 'Open connections of each node, by how the client is connected.',
          action:
            'Nodes that differ much: the proxy does not spread, or one node refuses. Nothing moves by itself: connections stay where they are.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: sum(own('waybill_connections'), 'instance', 'transport'), legend: '{{instance}} {{transport}}' }],
        }),
        series({
          title: 'Opened and closed',
          says: 'Both lines on each other is churn without growth; opened far above closed is a wave that arrives.',
          action:
            'In a wave, leave it to the pacing of upgrades (WAYBILL_ACCEPTS_PER_SECOND); do not restart nodes: that makes a second wave.',
          unit: 'cps',
          queries: [
            { expr: sum(rate('waybill_connections_opened_total')), legend: 'opened' },
            { expr: sum(rate('waybill_connections_closed_total')), legend: 'closed' },
          ],
        }),
        series({
          title: 'Closes by reason',
          says: 'Connections that ended, by who ended them and the reason of the close code.',
          action:
            '"slow consumer" and "write stalled": Waybill / Slow consumers. "no pong" and "abnormal": the network. "internal error": a defect, see the log.',
          unit: 'cps',
          table: true,
          queries: [
            { expr: `${sum(rate('waybill_connections_closed_total'), 'initiator', 'reason')} > 0`, legend: '{{initiator}}: {{reason}}' },
          ],
        }),
        series({
          title: 'Handshakes by result',
          says: 'Upgrade requests by the code they ended with; OK became connections.',
          action:
            'UNAUTHENTICATED and TOKEN_EXPIRED: whoever mints tokens. UPGRADE_REQUIRED: a proxy that drops headers. LIMIT_EXCEEDED: the options of limits.',
          unit: 'cps',
          table: true,
          queries: [{ expr: `${sum(rate('waybill_handshakes_total'), 'result')} > 0`, legend: '{{result}}' }],
        }),
      ],
    },
    {
      title: 'Handshakes and round trips',
      panels: [
        series({
          title: 'Handshake duration',
          says: 'Time from an accepted upgrade request to its 101; dots are single handshakes with a trace.',
          action: 'Click a dot above the line: the trace says whether the credential, the database or the queue of upgrades took the time.',
          unit: 's',
          limit: LIMITS.handshakeInTime,
          traces: true,
          queries: percentiles((of) => quantile(of, 'waybill_handshake_duration_seconds')),
        }),
        series({
          title: 'Credential checks p99',
          says: 'Time to check a credential, by how it came. Tokens need a signature only; API keys, tickets and devices may need the database.',
          action:
            'If only those that need the database are slow, open Waybill / Log and database. Token checks that rise want a larger WAYBILL_TOKEN_CACHE.',
          unit: 's',
          table: true,
          queries: [{ expr: quantileBy(['method'], 0.99, 'waybill_auth_duration_seconds'), legend: '{{method}}' }],
        }),
        heatmap({
          title: 'Ping round trips',
          says: 'Round trips of pings to clients: the network and the clients together, not the gateway.',
          action: 'A band that moves up for everybody is the network before the gateway; single slow clients are no fault of it.',
          unit: 's',
          cells: 'cps',
          queries: [{ expr: sum(rate('waybill_ping_rtt_seconds_bucket'), 'le'), legend: '{{le}}' }],
        }),
        heatmap({
          title: 'Age of connections that closed',
          says: 'How long connections had lived when they closed.',
          action: 'Many at one age point to a timeout: of a proxy (often 60 s), of tokens, or of a load balancer. Raise it there.',
          unit: 's',
          cells: 'cps',
          queries: [{ expr: sum(rate('waybill_connection_duration_seconds_bucket'), 'le'), legend: '{{le}}' }],
        }),
      ],
    },
    {
      title: 'Credentials and revocations',
      panels: [
        series({
          title: 'Caches',
          says: 'Share of what was looked for that was there: tokens verified lately, API keys and sessions of operators, keys of the issuer. In a storm of reconnects nearly all tokens should be.',
          action:
            'If token falls in a storm, raise WAYBILL_TOKEN_CACHE: each miss costs a check of a signature. If api_key falls, keys are invented, or change all the time.',
          unit: 'percentunit',
          max: 1,
          w: 8,
          queries: [
            {
              expr: share(
                sum(rate('waybill_cache_requests_total', 'result="hit"'), 'cache'),
                sum(rate('waybill_cache_requests_total'), 'cache'),
              ),
              legend: '{{cache}}',
            },
          ],
        }),
        series({
          title: 'Revoked credentials refused',
          says: 'Credentials that were good once but are revoked, or whose user is blocked, by what was revoked.',
          action: 'A rise of "renewed" means that old tokens are used again: ask the client’s owner, or suspect a stolen token.',
          unit: 'cps',
          w: 8,
          stacked: true,
          queries: [{ expr: sum(rate('waybill_revoked_refused_total'), 'kind'), legend: '{{kind}}' }],
        }),
        series({
          title: 'Age of what is known of revocations',
          says: 'Time since each node last learnt the revocations of the others, and how many are in force.',
          action: 'Above some seconds the database is away: who is revoked now stays in on the other nodes until it is back.',
          unit: 's',
          w: 8,
          queries: [{ expr: own('waybill_revocations_age_seconds'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Revocations in force',
          says: 'Revocations and blocks that each node applies, by what they are of.',
          action: 'Nodes that differ for long do not hear of each other: look at the age beside, then at the database.',
          unit: 'short',
          w: 8,
          queries: [{ expr: `max by (kind) (${own('waybill_revocations')})`, legend: '{{kind}}' }],
        }),
        series({
          title: 'Fetches of the issuer’s keys',
          says: 'Fetches of the key set (JWKS) by how they ended; everything but ok leaves the keys as they were.',
          action: 'Call the issuer’s address from this host; until it answers, tokens signed with a new key are refused.',
          unit: 'cps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_jwks_fetches_total'), 'result'), legend: '{{result}}' }],
        }),
        series({
          title: 'Keys of the issuer',
          says: 'Keys of the issuer’s key set that each node verifies with; 0 where none is configured.',
          action: 'If it falls to 0 while an issuer is configured, no token is accepted: see the fetches beside, and `waybill status`.',
          unit: 'short',
          w: 8,
          queries: [{ expr: own('waybill_jwks_keys'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Answers of devices',
          says: 'Proofs that devices gave, by the key they were made with and how they ended.',
          action:
            'Refusals are clocks, keys, or somebody who tries. Answers with previous keys must end before the overlap of a rotation does.',
          unit: 'cps',
          table: true,
          queries: [
            {
              expr: `${sum(rate('waybill_device_answers_total'), 'key', 'result')} > 0 or ${sum(rate('waybill_device_answers_total', 'result="OK"'), 'key', 'result')}`,
              legend: '{{key}} key: {{result}}',
            },
          ],
        }),
        series({
          title: 'Sign-ins of operators',
          says: 'Attempts of people to sign in as operators within the last 15 minutes, by how they ended.',
          action:
            'A rise of wrong or limited is somebody guessing: the log names addresses, `waybill audit` the accounts; close the port to them.',
          unit: 'short',
          limit: LIMITS.signInGuessing,
          queries: [{ expr: sum(`increase(${own('waybill_operator_sign_ins_total')}[15m])`, 'result'), legend: '{{result}}' }],
        }),
      ],
    },
    {
      title: 'TLS',
      panels: [
        series({
          title: 'TLS handshakes that failed',
          says: 'Handshakes that came to nothing, by reason.',
          action: 'A steady rate of one reason is a client that is set up wrong, or a health check without TLS; a peak is a scan.',
          unit: 'cps',
          queries: [{ expr: sum(rate('waybill_tls_handshake_failures_total'), 'reason'), legend: '{{reason}}' }],
        }),
        series({
          title: 'Certificate reloads',
          says: 'New certificates that were taken into use, or refused because they are not good.',
          action: 'After a failure the old one stays until it ends: the log says what is wrong with the new one.',
          unit: 'short',
          queries: [
            { expr: sum(`increase(${own('waybill_tls_certificate_reloads_total')}[$__rate_interval])`, 'result'), legend: '{{result}}' },
          ],
        }),
      ],
    },
    {
      title: 'Drain, and what was only counted',
      panels: [
        series({
          title: 'Left to close while draining',
          says: 'Connections that a node which shuts down or is drained has still to close, and how many nodes are at which step.',
          action:
            'It should reach 0 within WAYBILL_DRAIN_TIMEOUT_MS, or the time that was named (`waybill drain --status`). If clients come back all at once elsewhere, make that longer. A node that stays `drained` waits to be stopped or taken back: `waybill drain --cancel`.',
          unit: 'short',
          w: 8,
          queries: [
            { expr: own('waybill_drain_remaining_connections'), legend: '{{instance}} left' },
            { expr: `${sum(own('waybill_drain_state'), 'state')} > 0`, legend: 'nodes {{state}}' },
          ],
        }),
        series({
          title: 'Mean life of connections',
          says: 'Mean age of the connections that closed.',
          action: 'If it falls and stays low, clients cannot stay connected: see "Closes by reason".',
          unit: 's',
          w: 8,
          queries: [{ expr: mean('waybill_connection_duration_seconds'), legend: 'mean' }],
        }),
        series({
          title: 'Not recorded one by one',
          says: 'Strangers and refusals beyond what is recorded singly in a second: they were only counted.',
          action: 'A rise is somebody knocking, or a user who tries one topic after another: `waybill refusals` has the sums by address.',
          unit: 'cps',
          w: 8,
          queries: [
            { expr: sum(rate('waybill_strangers_unrecorded_total')), legend: 'strangers' },
            { expr: sum(rate('waybill_refusals_unrecorded_total')), legend: 'refusals' },
          ],
        }),
      ],
    },
  ],
};
