/**
 * The list of metrics: what /metrics shows and docs/metrics.md describes. A row is a line in the file of its area.
 */
import type { MetricRow } from './metric-row.ts'
import { CLEANER_METRICS } from './tables/cleaner-metrics.ts'
import { CLIENT_METRICS } from './tables/client-metrics.ts'
import { CLUSTER_METRICS } from './tables/cluster-metrics.ts'
import { COORDINATOR_METRICS } from './tables/coordinator-metrics.ts'
import { GROUP_METRICS } from './tables/group-metrics.ts'
import { PROCESS_METRICS } from './tables/process-metrics.ts'
import { REQUEST_METRICS } from './tables/request-metrics.ts'
import { SHARE_METRICS } from './tables/share-metrics.ts'
import { TOPIC_METRICS } from './tables/topic-metrics.ts'

export interface MetricArea {
  readonly title: string
  readonly rows: readonly MetricRow[]
}

export const METRIC_AREAS: readonly MetricArea[] = [
  { title: 'Requests and connections', rows: REQUEST_METRICS },
  { title: 'Topics and logs', rows: TOPIC_METRICS },
  { title: 'Log cleaning', rows: CLEANER_METRICS },
  { title: 'Partitions, brokers, metadata', rows: CLUSTER_METRICS },
  { title: 'Coordinators', rows: COORDINATOR_METRICS },
  { title: 'Share groups', rows: SHARE_METRICS },
  { title: 'Clients', rows: CLIENT_METRICS },
  { title: 'Groups', rows: GROUP_METRICS },
  { title: 'Process', rows: PROCESS_METRICS },
]

export const METRICS_TABLE: readonly MetricRow[] = METRIC_AREAS.flatMap(({ rows }) => rows)
