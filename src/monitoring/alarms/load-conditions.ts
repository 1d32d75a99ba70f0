import { ALARM_RULES } from './alarm-rules.js';
import type { Condition, Load } from './condition.js';

const MS_PER_S = 1_000;

const [LOOP_S] = ALARM_RULES.WaybillEventLoopSlow.thresholds;
const [OLDEST_S, QUEUE_SHARE] = ALARM_RULES.WaybillSendQueueStuck.thresholds;
const [LEDGER_S] = ALARM_RULES.WaybillLedgerBehind.thresholds;
const [DAYS, DAY_S] = ALARM_RULES.WaybillCertificateExpiring.thresholds;

/** What is too much only once it stays so: each is a problem when its alarm is. */
export function loadConditions(load: Load): readonly Condition[] {
  return [
    ...lateLoop(load),
    ...stuckQueue(load),
    ...fullPublishQueue(load),
    ...lateLedger(load),
    ...busAway(load),
    ...misfit(load),
    ...lostNodes(load),
    ...endingCertificate(load),
  ];
}

function lateLoop({ loopDelayP99Ms }: Load): readonly Condition[] {
  const seconds = loopDelayP99Ms / MS_PER_S;
  if (seconds <= LOOP_S) return [];
  return [
    {
      name: 'WaybillEventLoopSlow',
      summary: `the event loop is late: one timer in a hundred by ${loopDelayP99Ms} ms over ten seconds`,
      atOnce: false,
      affects: 'everybody on this node: deliveries, replies and handshakes wait as long',
      value: seconds,
      threshold: LOOP_S,
    },
  ];
}

function stuckQueue({ gateway: { oldestQueuedMs, queuedBytes, slow }, nodeQueueBytes }: Load): readonly Condition[] {
  const oldestS = oldestQueuedMs / MS_PER_S;
  const share = nodeQueueBytes > 0 ? queuedBytes / nodeQueueBytes : 0;
  const about = {
    name: 'WaybillSendQueueStuck',
    atOnce: false,
    affects: 'slow clients: they get messages late, and the worst are closed when all queues together are full',
  } as const;
  if (oldestS > OLDEST_S)
    return [
      {
        ...about,
        summary: `something has waited ${Math.round(oldestS)} s for one of ${slow} slow clients`,
        value: oldestS,
        threshold: OLDEST_S,
      },
    ];
  if (share <= QUEUE_SHARE) return [];
  const summary = `${Math.round(share * 100)} % of gateway.nodeQueueBytes wait for slow clients`;
  return [{ ...about, summary, value: share, threshold: QUEUE_SHARE }];
}

function fullPublishQueue({ publishesWaiting }: Load): readonly Condition[] {
  if (publishesWaiting === 0) return [];
  return [
    {
      name: 'WaybillPublishQueueFull',
      summary: `${publishesWaiting} publishes wait for room in the queue to the database`,
      atOnce: false,
      affects: 'publishers: their sockets are not read meanwhile, and by REST they are refused',
      value: publishesWaiting,
      threshold: 0,
    },
  ];
}

function lateLedger({ ledgerLagMs }: Load): readonly Condition[] {
  const seconds = (ledgerLagMs ?? 0) / MS_PER_S;
  if (seconds <= LEDGER_S) return [];
  return [
    {
      name: 'WaybillLedgerBehind',
      summary: `the record of deliveries is ${Math.round(seconds)} s behind`,
      atOnce: false,
      affects: 'answers about deliveries since then, if this node is lost now; deliveries go on',
      value: seconds,
      threshold: LEDGER_S,
    },
  ];
}

function busAway({ busAway: roles }: Load): readonly Condition[] {
  if (roles.length === 0) return [];
  return [
    {
      name: 'WaybillBusDown',
      summary: `this node cannot ${roles.join(' or ')} on the bus`,
      atOnce: false,
      affects: 'live messages between nodes: durable ones come late, from the log, and ephemeral ones do not come',
      value: 0,
      threshold: 0,
    },
  ];
}

function misfit({ misfit: why }: Load): readonly Condition[] {
  if (why === undefined) return [];
  return [
    {
      name: 'node.misfit',
      summary: `this node does not belong to the others, and sent its clients away: ${why}`,
      atOnce: true,
      affects: 'nobody while the others have room: this node takes no connections until it is started anew and fits',
    },
  ];
}

function lostNodes({ nodesLost }: Load): readonly Condition[] {
  if (nodesLost.length === 0) return [];
  return [
    {
      name: 'WaybillNodeLost',
      summary: `${nodesLost.join(', ')} ${nodesLost.length === 1 ? 'is' : 'are'} lost: gone without a word`,
      atOnce: true,
      affects:
        'who was connected there: they come back on other nodes, with what the log has; what became of their last deliveries is not known',
      value: nodesLost.length,
      threshold: 0,
    },
  ];
}

function endingCertificate({ certificateLeftMs }: Load): readonly Condition[] {
  if (certificateLeftMs === undefined || certificateLeftMs >= DAYS * DAY_S * MS_PER_S) return [];
  const days = certificateLeftMs / (DAY_S * MS_PER_S);
  return [
    {
      name: 'WaybillCertificateExpiring',
      summary: `the certificate in use ends in ${days.toFixed(1)} days`,
      atOnce: false,
      affects: 'every client by TLS: none can connect once it has ended',
      value: days,
      threshold: DAYS,
    },
  ];
}
