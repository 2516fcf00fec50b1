/** One line of a list of metrics: what is measured, how it is called, and where the numbers are. */
import type { RecentHistogram } from './recent-histogram.ts'

/** What rows read from has at least this. */
export interface MetricSource {
  /** Null as long as the reader may go on; else what to wait for, while the event loop does other work. For rows that look at very many things. */
  readonly breathe: () => Promise<void> | null
}

/** Takes the samples of a metric. Label values come in the order of the row's `labels`. */
export interface MetricSink {
  value(value: number, ...labels: readonly string[]): void
  /** For rows of the kind 'summary'. Values are multiplied with `factor`. */
  summary(times: RecentHistogram, factor: number, ...labels: readonly string[]): void
  /** No more samples of this metric are taken: whoever has very many can stop. */
  readonly isFull: boolean
}

export interface MetricRow<S extends MetricSource> {
  /** As Prometheus has it. Those that Kafka has are called as the JMX exporter's usual rules call them. */
  readonly name: string
  /** 'summary': quantiles of the last one to two minutes, with sum and count since the start. */
  readonly kind: 'counter' | 'gauge' | 'summary'
  readonly labels?: readonly string[]
  /** A sentence or two. */
  readonly help: string
  /** Reads the numbers, when somebody asks for them. Gives no sample when there is nothing to tell. */
  readonly read: (source: S, sink: MetricSink) => void | Promise<void>
}
