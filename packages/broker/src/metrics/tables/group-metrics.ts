/** Groups one by one, under the names of kafka_exporter: what dashboards of lag query. */
import type { GroupFigures } from '@ottla/coordinator'
import type { BrokerContext } from '../../broker-context.ts'
import type { MetricRow, MetricSink } from '../metric-row.ts'

const PARTITION_LABELS = ['consumergroup', 'topic', 'partition']
const TOPIC_LABELS = ['consumergroup', 'topic']

interface Committed {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A sample for each committed offset that `of` has a value for. */
function perPartition(
  name: string,
  help: string,
  of: (broker: BrokerContext, committed: Committed) => number | null,
): MetricRow {
  return {
    name: `kafka_consumergroup_${name}`,
    kind: 'gauge',
    labels: PARTITION_LABELS,
    help,
    read: async ({ broker, breathe }, sink) => {
      for (const group of broker.groups.coordinator.groupFigures()) {
        if (sink.isFull) return
        const pausing = breathe()
        if (pausing !== null) await pausing
        tellPartitions(sink, group, (committed) => of(broker, committed))
      }
    },
  }
}

function tellPartitions(sink: MetricSink, group: GroupFigures, of: (committed: Committed) => number | null): void {
  for (const committed of group.offsets()) {
    const value = of(committed)
    if (value !== null) sink.value(value, group.groupId, committed.topic, String(committed.partition))
  }
}

/** The sum over the partitions of a topic. */
function perTopic(
  name: string,
  help: string,
  of: (broker: BrokerContext, committed: Committed) => number | null,
): MetricRow {
  return {
    name: `kafka_consumergroup_${name}`,
    kind: 'gauge',
    labels: TOPIC_LABELS,
    help,
    read: async ({ broker, breathe }, sink) => {
      for (const group of broker.groups.coordinator.groupFigures()) {
        if (sink.isFull) return
        const pausing = breathe()
        if (pausing !== null) await pausing
        const sums = new Map<string, number>()
        for (const committed of group.offsets()) {
          const value = of(broker, committed)
          if (value !== null) sums.set(committed.topic, (sums.get(committed.topic) ?? 0) + value)
        }
        for (const [topic, sum] of sums) sink.value(sum, group.groupId, topic)
      }
    },
  }
}

/** Null while the log of the partition is not open here. */
function lagOf({ replicas }: BrokerContext, { topic, partition, offset }: Committed): number | null {
  const { replica } = replicas.find(topic, partition)
  return replica?.hasLog === true ? Math.max(0, replica.highWatermark - offset) : null
}

const offsetOf = (_: BrokerContext, { offset }: Committed): number => offset
const LAG = 'Records from the committed offset to the high watermark, of partitions whose log is open'

export const GROUP_METRICS: readonly MetricRow[] = [
  perPartition('current_offset', 'Committed offset of a group.', offsetOf),
  perPartition('lag', `${LAG}.`, lagOf),
  perTopic('current_offset_sum', 'Committed offsets of a group, summed up over the partitions of a topic.', offsetOf),
  perTopic('lag_sum', `${LAG}, summed up over the partitions of a topic.`, lagOf),
  {
    name: 'kafka_consumergroup_members',
    kind: 'gauge',
    labels: ['consumergroup'],
    help: 'Members of a group, of any type.',
    read: ({ broker }, sink) => {
      for (const { groupId, memberCount } of broker.groups.coordinator.groupFigures()) {
        if (sink.isFull) return
        sink.value(memberCount, groupId)
      }
    },
  },
]
