export { metricValue } from './metric-value.ts'
export { METRIC_AREAS, METRICS_TABLE } from './metrics-table.ts'
