/** One line of the list of a broker's metrics. */
import type { ProcessFigures } from '@ottla/env'
import type { MetricRow as Row, MetricSource as Source } from '@ottla/stdx'
import type { BrokerContext } from '../broker-context.ts'

export type { MetricSink } from '@ottla/stdx'

export interface MetricSource extends Source {
  readonly broker: BrokerContext
  /** Null where there is no process of our own. */
  readonly figures: ProcessFigures | null
}

export type MetricRow = Row<MetricSource>

/** A row without labels whose value is one expression. */
export function plain(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  of: (source: MetricSource) => number,
): MetricRow {
  return { name, kind, help, read: (source, sink) => sink.value(of(source)) }
}

export const MS_PER_MICRO = 0.001
export const SECONDS_PER_MICRO = 0.000_001
