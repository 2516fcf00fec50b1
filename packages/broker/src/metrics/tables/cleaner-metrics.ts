/** What the log cleaner does and finds. */
import { type MetricRow, type MetricSource, plain } from '../metric-row.ts'

const cleaner = ({ broker }: MetricSource): NonNullable<typeof broker.metrics.cleaner>['counters'] | undefined =>
  broker.metrics.cleaner?.counters

export const CLEANER_METRICS: readonly MetricRow[] = [
  plain(
    'gauge',
    'kafka_log_logcleanermanager_max_dirty_percent',
    'Largest dirty share of a compacted log, in percent.',
    (source) => Math.floor(100 * (cleaner(source)?.maxDirtyRatio ?? 0)),
  ),
  plain(
    'gauge',
    'kafka_log_logcleanermanager_time_since_last_run_ms',
    'Milliseconds since the cleaner last looked for work.',
    (source) => Math.max(0, source.broker.env.clock.now() - (cleaner(source)?.lastRunMs ?? 0)),
  ),
  {
    name: 'kafka_log_logcleanermanager_uncleanable_partitions_count',
    kind: 'gauge',
    labels: ['logDirectory'],
    help: 'Logs that cannot be cleaned and are left alone.',
    read: ({ broker }, sink) => {
      for (const { path } of broker.logs.directories) sink.value(uncleanable(broker, path).length, path)
    },
  },
  {
    name: 'kafka_log_logcleanermanager_uncleanable_bytes',
    kind: 'gauge',
    labels: ['logDirectory'],
    help: 'Bytes of the logs that cannot be cleaned.',
    read: ({ broker }, sink) => {
      for (const { path } of broker.logs.directories) {
        const bytes = uncleanable(broker, path).reduce((sum, log) => sum + log.sizeBytes, 0)
        sink.value(bytes, path)
      }
    },
  },
  plain(
    'gauge',
    'kafka_log_logcleaner_cleaner_recopy_percent',
    'Size of the log cleaned last, after it over before, in percent.',
    (source) => Math.floor(100 * (cleaner(source)?.recopyRatio ?? 0)),
  ),
  plain(
    'gauge',
    'kafka_log_logcleaner_max_clean_time_secs',
    'Time that the last cleaning took, in seconds.',
    (source) => Math.floor((cleaner(source)?.maxCleanTimeMs ?? 0) / 1000),
  ),
  plain(
    'gauge',
    'kafka_log_logcleaner_max_buffer_utilization_percent',
    'Use of the offset map in the last cleaning, in percent.',
    (source) => Math.floor(100 * (cleaner(source)?.maxMapUse ?? 0)),
  ),
  plain(
    'gauge',
    'kafka_log_logcleaner_max_compaction_delay_secs',
    'By how much max.compaction.lag.ms has passed for the oldest dirty record, in seconds.',
    (source) => Math.floor((cleaner(source)?.maxCompactionDelayMs ?? 0) / 1000),
  ),
  plain(
    'counter',
    'ottla_log_cleaner_runs_total',
    'Logs cleaned, each time counted.',
    (source) => cleaner(source)?.runs ?? 0,
  ),
  plain(
    'counter',
    'ottla_log_cleaner_read_bytes_total',
    'Bytes that the cleaner read, in both passes.',
    (source) => cleaner(source)?.bytesRead ?? 0,
  ),
  plain(
    'counter',
    'ottla_log_cleaner_written_bytes_total',
    'Bytes that the cleaner wrote.',
    (source) => cleaner(source)?.bytesWritten ?? 0,
  ),
  plain(
    'gauge',
    'ottla_log_cleaner_longest_slice_ms',
    'Longest time for which the cleaner held the event loop since the start, in milliseconds.',
    (source) => cleaner(source)?.longestSliceMs ?? 0,
  ),
]

function uncleanable({ metrics }: MetricSource['broker'], directory: string): readonly { sizeBytes: number }[] {
  return (metrics.cleaner?.uncleanable ?? []).filter(({ path }) => path.startsWith(`${directory}/`))
}
