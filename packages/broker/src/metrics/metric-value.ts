/** Reads one metric by its name, for tests. */
import type { RecentHistogram } from '@ottla/stdx'
import type { BrokerContext } from '../broker-context.ts'
import { METRICS_TABLE } from './metrics-table.ts'

/** The sum over all its series, or over those that have the label values given. Throws when there is no such metric. */
export function metricValue(broker: BrokerContext, name: string, labels: readonly string[] = []): number {
  const row = METRICS_TABLE.find((one) => one.name === name)
  if (row === undefined) throw new Error(`there is no metric ${name}`)
  let sum = 0
  const add = (value: number, values: readonly string[]): void => {
    if (labels.every((label, at) => label === values[at])) sum += value
  }
  const figures = broker.env.processFigures?.() ?? null
  const reading = row.read(
    { broker, figures, breathe: () => null },
    {
      isFull: false,
      value: (value, ...values) => add(value, values),
      summary: (times: RecentHistogram, _factor, ...values) => add(times.count, values),
    },
  )
  if (reading !== undefined) throw new Error(`${name} cannot be read at once`)
  return sum
}
