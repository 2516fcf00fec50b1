/** What the broker measures of itself: always on, and cheap. Names as they are exported. */
import type { LogResources } from '@ottla/log'
import type { SocketServer } from '@ottla/net'
import { apiOf } from '@ottla/protocol'
import { type Histogram, type MetricDefinition, MetricRegistry, type SlabPool } from '@ottla/stdx'

const REQUESTS: MetricDefinition<'counter'> = {
  name: 'ottla_requests_total',
  kind: 'counter',
  help: 'Requests received.',
  unit: 'requests',
  labels: ['api'],
}
const REQUEST_TIME: MetricDefinition<'histogram'> = {
  name: 'ottla_request_time',
  kind: 'histogram',
  help: 'From the last byte of a request to its answer.',
  unit: 'microseconds',
  labels: ['api'],
}
const LOOP_DELAY: MetricDefinition<'histogram'> = {
  name: 'ottla_loop_delay',
  kind: 'histogram',
  help: 'How late a timer came.',
  unit: 'microseconds',
}

export class BrokerMetrics {
  readonly registry = new MetricRegistry()
  readonly loopDelay = this.registry.histogram(LOOP_DELAY)
  readonly #requests: { increment(): void }[] = []
  readonly #times: Histogram[] = []

  countRequest(apiKey: number): void {
    const counter = this.#requests[apiKey] ?? this.#startCounting(apiKey)
    counter.increment()
  }

  /** A request was answered `elapsedMs` after it had arrived. */
  answered(apiKey: number, elapsedMs: number): void {
    this.#times[apiKey]?.record(Math.round(elapsedMs * 1000))
  }

  /** Reads what the connections count. */
  observeServer(server: SocketServer, pool: SlabPool): void {
    const { counters } = server
    const gauges: [MetricDefinition<'counter' | 'gauge'>, () => number][] = [
      [count('ottla_network_in_bytes_total', 'bytes', 'Bytes received.'), () => counters.bytesIn],
      [count('ottla_network_out_bytes_total', 'bytes', 'Bytes sent.'), () => counters.bytesOut],
      [count('ottla_network_writes_total', 'writes', 'Writes to sockets.'), () => counters.writes],
      [count('ottla_network_copied_bytes_total', 'bytes', COPIED), () => counters.bytesCopied],
      [level('ottla_connections', 'connections', 'Open connections.'), () => server.connections.size],
      [level('ottla_request_budget_used_bytes', 'bytes', HELD), () => server.budget.usedBytes],
      [level('ottla_slab_used_bytes', 'bytes', 'Bytes of slabs in use.'), () => pool.counters.inUseBytes],
      [level('ottla_slab_free_bytes', 'bytes', 'Bytes of free slabs.'), () => pool.counters.freeBytes],
    ]
    for (const [definition, read] of gauges) this.registry.observe(definition, read)
  }

  /** Reads what the logs count. */
  observeLogs({ counters }: LogResources): void {
    const counts: [MetricDefinition<'counter'>, () => number][] = [
      [count('ottla_log_appends_total', 'appends', 'Batches written.'), () => counters.appends],
      [count('ottla_log_appended_bytes_total', 'bytes', 'Bytes of batches written.'), () => counters.appendedBytes],
      [count('ottla_log_writes_total', 'writes', 'Writes to segments.'), () => counters.writes],
      [count('ottla_log_copied_bytes_total', 'bytes', 'Bytes copied in memory by logs.'), () => counters.copiedBytes],
      [count('ottla_log_syncs_total', 'syncs', 'Syncs of segments.'), () => counters.syncs],
      [count('ottla_log_tail_read_bytes_total', 'bytes', 'Bytes read from memory.'), () => counters.tailReadBytes],
      [count('ottla_log_disk_read_bytes_total', 'bytes', 'Bytes read from disk.'), () => counters.diskReadBytes],
      [count('ottla_log_reverted_appends_total', 'appends', REVERTED), () => counters.revertedAppends],
    ]
    for (const [definition, read] of counts) this.registry.observe(definition, read)
  }

  #startCounting(apiKey: number): { increment(): void } {
    const labels = { api: apiOf(apiKey)?.name ?? String(apiKey) }
    this.#times[apiKey] = this.registry.histogram(REQUEST_TIME, labels)
    const counter = this.registry.counter(REQUESTS, labels)
    this.#requests[apiKey] = counter
    return counter
  }
}

const COPIED = 'Bytes copied on their way in; over the bytes received it is the copies per byte.'
const REVERTED = 'Batches taken back because their write failed.'
const HELD = 'Bytes that requests under way hold.'

function count(name: string, unit: string, help: string): MetricDefinition<'counter'> {
  return { name, kind: 'counter', help, unit }
}

function level(name: string, unit: string, help: string): MetricDefinition<'gauge'> {
  return { name, kind: 'gauge', help, unit }
}
