/** Share groups, as the leaders of partitions serve them: sessions, records in flight, what members decide, dead letters. */
import { ACKNOWLEDGE_TYPE_NAMES } from '../../share/share-metrics.ts'
import { type MetricRow, plain } from '../metric-row.ts'

const CACHE = 'kafka_server_sharesessioncache'
const GROUP = 'kafka_server_sharegroupmetrics'
const PARTITION = 'kafka_server_sharepartitionmetrics'

export const SHARE_METRICS: readonly MetricRow[] = [
  plain('gauge', `${CACHE}_sharesessionscount`, 'Share sessions.', ({ broker }) => broker.shares.sessions.size),
  plain('gauge', `${CACHE}_sharepartitionscount`, 'Partitions of all share sessions.', ({ broker }) => {
    return broker.shares.sessions.partitionCount
  }),
  {
    name: `${GROUP}_recordacknowledgements_total`,
    kind: 'counter',
    labels: ['ackType'],
    help: 'Records that members of share groups decided on, by what they decided.',
    read: ({ broker }, sink) => {
      for (const [type, name] of ACKNOWLEDGE_TYPE_NAMES.entries()) {
        sink.value(broker.shares.metrics.acknowledged[type]!, name)
      }
    },
  },
  plain(
    'counter',
    `${PARTITION}_acquisitionlocktimeout_total`,
    'Records whose acquisition lock expired.',
    ({ broker }) => {
      return broker.shares.metrics.expiredLocks
    },
  ),
  {
    name: `${PARTITION}_inflightmessagecount`,
    kind: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'Records between the start and the end of a share partition that are not finished.',
    read: ({ broker }, sink) => {
      for (const { groupId, replica, state } of broker.shares.leaders()) {
        if (state !== null) sink.value(state.inFlight, groupId, replica.topic, String(replica.partition))
      }
    },
  },
  plain(
    'counter',
    'ottla_share_acquired_records_total',
    'Records that members of share groups acquired.',
    ({ broker }) => {
      return broker.shares.metrics.acquiredRecords
    },
  ),
  plain(
    'counter',
    'ottla_share_sessions_closed_total',
    'Share sessions that ended, or whose connection did.',
    ({ broker }) => {
      return broker.shares.metrics.closedSessions
    },
  ),
  plain('counter', 'ottla_share_state_failed_writes_total', 'Writes of share state that failed.', ({ broker }) => {
    return broker.shares.metrics.failedWrites
  }),
  plain('counter', 'ottla_share_dead_letters_total', 'Records copied to dead-letter topics.', ({ broker }) => {
    return broker.shares.metrics.deadLetters
  }),
  plain(
    'counter',
    'ottla_share_dead_letters_dropped_total',
    'Records archived without a copy, since the dead-letter topic may not be written.',
    ({ broker }) => broker.shares.metrics.droppedDeadLetters,
  ),
]
