/** The process, its runtime, and the memory and files that it works with. Kafka's dashboards have the JVM here. */
import type { ProcessFigures } from '@ottla/env'
import { type MetricRow, plain, SECONDS_PER_MICRO } from '../metric-row.ts'

const MS_PER_SECOND = 1000

function figure(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  of: (figures: ProcessFigures) => number | null,
): MetricRow {
  return {
    name,
    kind,
    help,
    read: ({ figures }, sink) => {
      const value = figures === null ? null : of(figures)
      if (value !== null) sink.value(value)
    },
  }
}

function loopDelay(name: string, q: number): MetricRow {
  return plain(
    'gauge',
    `nodejs_eventloop_lag_${name}_seconds`,
    'How late timers came, of the last one to two minutes.',
    ({ broker }) => {
      return broker.metrics.loopDelay.recent().quantile(q) * SECONDS_PER_MICRO
    },
  )
}

const COPIED = 'Bytes copied on their way in; over the bytes received it is the copies per byte.'

export const PROCESS_METRICS: readonly MetricRow[] = [
  figure(
    'gauge',
    'process_start_time_seconds',
    'When the process started, since 1970.',
    (p) => p.startedAtMs / MS_PER_SECOND,
  ),
  figure('gauge', 'process_resident_memory_bytes', 'Resident memory.', (p) => p.residentBytes),
  figure('counter', 'process_cpu_user_seconds_total', 'Processor time of the program.', (p) => p.userCpuSeconds),
  figure(
    'counter',
    'process_cpu_system_seconds_total',
    'Processor time of the system for the program.',
    (p) => p.systemCpuSeconds,
  ),
  figure('counter', 'process_cpu_seconds_total', 'Processor time.', (p) => p.userCpuSeconds + p.systemCpuSeconds),
  figure(
    'gauge',
    'kafka_server_kafkaserver_linux_disk_read_bytes',
    'Bytes that the process had read from disks.',
    (p) => p.diskReadBytes,
  ),
  figure(
    'gauge',
    'kafka_server_kafkaserver_linux_disk_write_bytes',
    'Bytes that the process had written to disks.',
    (p) => p.diskWrittenBytes,
  ),
  figure('gauge', 'process_open_fds', 'Open file descriptors.', (p) => p.openFiles),
  figure('gauge', 'process_max_fds', 'Most file descriptors that there may be.', (p) => p.maxFiles),
  figure('gauge', 'nodejs_heap_size_used_bytes', 'Heap in use.', (p) => p.heapUsedBytes),
  figure('gauge', 'nodejs_heap_size_total_bytes', 'Heap.', (p) => p.heapTotalBytes),
  figure(
    'gauge',
    'nodejs_external_memory_bytes',
    'Memory outside of the heap that objects hold, buffers among it.',
    (p) => p.externalBytes,
  ),
  figure(
    'counter',
    'nodejs_eventloop_active_seconds_total',
    'Time in which the event loop worked.',
    (p) => p.loopActiveMs / MS_PER_SECOND,
  ),
  figure(
    'counter',
    'nodejs_eventloop_idle_seconds_total',
    'Time in which the event loop waited for work.',
    (p) => p.loopIdleMs / MS_PER_SECOND,
  ),
  {
    name: 'nodejs_version_info',
    kind: 'gauge',
    labels: ['version'],
    help: 'Version of Node.',
    read: ({ figures }, sink) => {
      if (figures !== null) sink.value(1, figures.runtimeVersion)
    },
  },
  loopDelay('p50', 0.5),
  loopDelay('p90', 0.9),
  loopDelay('p99', 0.99),
  loopDelay('max', 1),
  {
    name: 'ottla_info',
    kind: 'gauge',
    labels: ['node_id', 'cluster_id'],
    help: 'Who this is.',
    read: ({ broker }, sink) => sink.value(1, String(broker.nodeId), broker.clusterId),
  },
  plain(
    'counter',
    'ottla_network_in_bytes_total',
    'Bytes received.',
    ({ broker }) => broker.metrics.server.counters.bytesIn,
  ),
  plain(
    'counter',
    'ottla_network_out_bytes_total',
    'Bytes sent.',
    ({ broker }) => broker.metrics.server.counters.bytesOut,
  ),
  plain(
    'counter',
    'ottla_network_writes_total',
    'Writes to sockets.',
    ({ broker }) => broker.metrics.server.counters.writes,
  ),
  plain(
    'counter',
    'ottla_network_copied_bytes_total',
    COPIED,
    ({ broker }) => broker.metrics.server.counters.bytesCopied,
  ),
  plain('gauge', 'ottla_connections', 'Open connections.', ({ broker }) => broker.metrics.server.connections.size),
  plain(
    'gauge',
    'ottla_request_budget_used_bytes',
    'Bytes that requests under way hold.',
    ({ broker }) => broker.metrics.server.budget.usedBytes,
  ),
  plain(
    'gauge',
    'ottla_request_budget_limit_bytes',
    'Above so many no connection is read from (ottla.process.budget.bytes).',
    ({ broker }) => broker.metrics.server.budget.limitBytes,
  ),
  plain(
    'gauge',
    'ottla_request_budget_waiting',
    'Connections that are not read from until there is room.',
    ({ broker }) => broker.metrics.server.budget.waiting,
  ),
  plain(
    'gauge',
    'ottla_response_used_bytes',
    'Bytes of responses that are being made or that clients have not taken.',
    ({ broker }) => broker.metrics.server.responses.usedBytes,
  ),
  plain('gauge', 'ottla_slab_used_bytes', 'Bytes of slabs in use.', ({ broker }) => broker.pool.counters.inUseBytes),
  plain('gauge', 'ottla_slab_free_bytes', 'Bytes of free slabs.', ({ broker }) => broker.pool.counters.freeBytes),
  plain(
    'gauge',
    'ottla_slab_ready_bytes',
    'Bytes of slabs that nobody has used yet: promised by the system, and not taken.',
    ({ broker }) => broker.pool.counters.readyBytes,
  ),
  plain(
    'counter',
    'ottla_slab_slices_total',
    'Pieces of slabs that were lent; over the requests it is how many each takes.',
    ({ broker }) => broker.pool.counters.slices,
  ),
  plain(
    'counter',
    'ottla_slab_blocks_allocated_total',
    'Blocks of memory that slabs were made of; it stands still while those that come back are enough.',
    ({ broker }) => broker.pool.counters.blocksAllocated,
  ),
  plain(
    'counter',
    'ottla_slab_blocks_reused_total',
    'Times a block was used again.',
    ({ broker }) => broker.pool.counters.blocksReused,
  ),
  plain('counter', 'ottla_log_appends_total', 'Batches written.', ({ broker }) => broker.metrics.logs.counters.appends),
  plain(
    'counter',
    'ottla_log_appended_bytes_total',
    'Bytes of batches written.',
    ({ broker }) => broker.metrics.logs.counters.appendedBytes,
  ),
  plain(
    'counter',
    'ottla_log_writes_total',
    'Writes to segments.',
    ({ broker }) => broker.metrics.logs.counters.writes,
  ),
  plain(
    'counter',
    'ottla_log_copied_bytes_total',
    'Bytes copied in memory by logs: appends of up to 4 KB, which stand beside each other in the tail.',
    ({ broker }) => broker.metrics.logs.counters.copiedBytes,
  ),
  plain('counter', 'ottla_log_syncs_total', 'Syncs of logs.', ({ broker }) => broker.metrics.logs.counters.syncs),
  plain(
    'gauge',
    'ottla_log_syncs_waiting',
    'Syncs that wait for others (ottla.sync.concurrency).',
    ({ broker }) => broker.metrics.logs.syncs.waiting,
  ),
  plain(
    'counter',
    'ottla_journal_syncs_total',
    "Syncs of journals (ottla.journal.segment.bytes), each for all logs of a folder that waited; those of logs' own files are in ottla_log_syncs_total.",
    ({ broker }) => broker.metrics.logs.counters.journalFlushes,
  ),
  plain(
    'counter',
    'ottla_journal_pieces_total',
    'Pieces of logs in journals; over the syncs it is how many logs share one.',
    ({ broker }) => broker.metrics.logs.counters.journalPieces,
  ),
  plain(
    'counter',
    'ottla_journal_bytes_total',
    'Bytes written to journals.',
    ({ broker }) => broker.metrics.logs.counters.journalBytes,
  ),
  plain(
    'counter',
    'ottla_journal_fallbacks_total',
    'Pieces that a journal had no room for: their logs synced their own files.',
    ({ broker }) => broker.metrics.logs.counters.journalFallbacks,
  ),
  plain(
    'gauge',
    'ottla_journal_segments',
    'Files of journals (ottla.journal.segments for each folder at most).',
    ({ broker }) => broker.logs.journalSegments.count,
  ),
  plain(
    'gauge',
    'ottla_journal_segments_used',
    "Of these, files that hold what is not in logs' own files yet. All of them for long: disks are behind, and syncs go to logs' own files.",
    ({ broker }) => broker.logs.journalSegments.used,
  ),
  plain(
    'counter',
    'ottla_log_tail_read_bytes_total',
    'Bytes read from memory.',
    ({ broker }) => broker.metrics.logs.counters.tailReadBytes,
  ),
  plain(
    'counter',
    'ottla_log_disk_read_bytes_total',
    'Bytes read from disk.',
    ({ broker }) => broker.metrics.logs.counters.diskReadBytes,
  ),
  plain(
    'gauge',
    'ottla_log_reads_waiting',
    'Reads from disk that wait for others.',
    ({ broker }) => broker.metrics.logs.reads.waiting,
  ),
  plain(
    'counter',
    'ottla_log_reverted_appends_total',
    'Batches taken back because their write failed.',
    ({ broker }) => broker.metrics.logs.counters.revertedAppends,
  ),
  plain(
    'gauge',
    'ottla_log_tail_bytes',
    'Bytes of the newest batches in memory (ottla.tail.budget.bytes).',
    ({ broker }) => broker.metrics.logs.tail.usedBytes,
  ),
  plain(
    'gauge',
    'ottla_log_open_files',
    'Open files of logs (ottla.open.files.max).',
    ({ broker }) => broker.metrics.logs.openFiles.open,
  ),
  plain('gauge', 'ottla_deadlines', 'Deadlines of whatever waits.', ({ broker }) => broker.deadlines.size),
]
