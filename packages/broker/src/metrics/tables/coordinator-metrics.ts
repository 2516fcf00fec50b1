/** Groups, transactions and share groups: what their coordinators hold. */
import type { MetricRow } from '../metric-row.ts'
import { plain } from '../metric-row.ts'

/** The metric groups in which Kafka has the coordinators. */
const KAFKA_GROUPS: Readonly<Record<string, string>> = {
  __consumer_offsets: 'group',
  __transaction_state: 'transaction',
  __share_group_state: 'share',
}

/** Names of Kafka's group manager for the states of classic groups. */
const CLASSIC_STATES: Readonly<Record<string, string>> = {
  PreparingRebalance: 'numgroupspreparingrebalance',
  CompletingRebalance: 'numgroupscompletingrebalance',
  Stable: 'numgroupsstable',
  Dead: 'numgroupsdead',
  Empty: 'numgroupsempty',
}

const MANAGER = 'kafka_coordinator_group_groupmetadatamanager'

export const COORDINATOR_METRICS: readonly MetricRow[] = [
  plain('gauge', 'ottla_transactional_ids', 'Transactional ids that are known.', ({ broker }) => {
    return broker.transactions.coordinator.counts().transactionalIds
  }),
  plain(
    'gauge',
    'ottla_transactions_unfinished',
    'Transactions that are decided and whose markers are not all written.',
    ({ broker }) => {
      return broker.transactions.coordinator.counts().unfinished
    },
  ),
  {
    name: 'kafka_server_coordinator_metrics_num_partitions',
    kind: 'gauge',
    labels: ['coordinator', 'state'],
    help: 'Partitions of a coordinator (group, transaction, share) that this broker leads, by state: loading, active, failed.',
    read: ({ broker }, sink) => {
      for (const [topic, counts] of broker.coordinators.partitionCounts()) {
        for (const [state, count] of Object.entries(counts)) sink.value(count, KAFKA_GROUPS[topic] ?? topic, state)
      }
    },
  },
  {
    name: 'kafka_server_group_coordinator_metrics_num_partitions',
    kind: 'gauge',
    labels: ['state'],
    help: 'Partitions of __consumer_offsets that this broker leads, by state.',
    read: ({ broker }, sink) => {
      for (const [state, count] of Object.entries(broker.groups.coordinator.partitionCounts())) sink.value(count, state)
    },
  },
  plain(
    'gauge',
    `${MANAGER}_numoffsets`,
    'Committed offsets.',
    ({ broker }) => broker.groups.coordinator.counts().offsets,
  ),
  plain(
    'gauge',
    `${MANAGER}_numgroups`,
    'Groups of all types.',
    ({ broker }) => broker.groups.coordinator.counts().groups,
  ),
  ...Object.entries(CLASSIC_STATES).map(([state, name]) =>
    plain('gauge', `${MANAGER}_${name}`, `Classic groups that are ${state}.`, ({ broker }) => {
      const { groups = [] } = broker.groups.coordinator.listGroups({ statesFilter: [], typesFilter: [] })
      return groups.filter(({ groupType, groupState }) => groupType === 'classic' && groupState === state).length
    }),
  ),
  {
    name: 'kafka_server_group_coordinator_metrics_group_count',
    kind: 'gauge',
    labels: ['protocol', 'state'],
    help: 'Groups by type (classic, consumer, share, streams) and state.',
    read: ({ broker }, sink) => {
      const { groups = [] } = broker.groups.coordinator.listGroups({ statesFilter: [], typesFilter: [] })
      const counts = new Map<string, number>()
      for (const { groupType = '', groupState = '' } of groups) {
        const key = `${groupType}\0${groupState}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      for (const [key, count] of counts) sink.value(count, ...key.split('\0'))
    },
  },
]
