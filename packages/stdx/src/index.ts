export { AssertionError, assert, unreachable } from './assert.ts'
export { Deque } from './deque.ts'
export { doNothing } from './do-nothing.ts'
export { Heap } from './heap.ts'
export {
  formatInt64,
  INT64_MAX,
  INT64_MIN,
  int64FromParts,
  int64High,
  int64Low,
  isExactInt64,
  parseInt64,
} from './int64.ts'
export type { LruOptions } from './lru.ts'
export { Lru } from './lru.ts'
export type { MetricRow, MetricSink, MetricSource } from './metrics/metric-row.ts'
export type { TextOptions } from './metrics/prometheus-text.ts'
export { PROMETHEUS_TEXT, prometheusText } from './metrics/prometheus-text.ts'
export { RecentHistogram } from './metrics/recent-histogram.ts'
export { Prng } from './prng.ts'
export type { Slab, SlabPoolCounters, SlabPoolOptions, SlabSlice } from './slab.ts'
export { SlabPool } from './slab.ts'
export type { Revertable, Snapshot } from './timeline/snapshot-registry.ts'
export { SnapshotRegistry } from './timeline/snapshot-registry.ts'
export { TimelineMap } from './timeline/timeline-map.ts'
export { TimelineSet } from './timeline/timeline-set.ts'
export { TimelineValue } from './timeline/timeline-value.ts'
export type { TimingWheelOptions, WheelEntry } from './timing-wheel.ts'
export { TimingWheel } from './timing-wheel.ts'
