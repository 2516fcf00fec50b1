/** From samples of `/metrics` to MBeans with their attributes. */
import { javaDouble } from '../shared/java-format.ts'
import { MBEAN_TABLE, type MBeanRow } from './mbean-table.ts'
import type { Sample } from './prometheus-samples.ts'

/** Values as Java prints them, by attribute. */
export type Attributes = ReadonlyMap<string, string>

const QUANTILES: Readonly<Record<string, string>> = {
  '0.50': '50thPercentile',
  '0.75': '75thPercentile',
  '0.95': '95thPercentile',
  '0.98': '98thPercentile',
  '0.99': '99thPercentile',
  '0.999': '999thPercentile',
}
const SECONDS_PER_MINUTE = 60
const WINDOWS = { OneMinuteRate: 1, FiveMinuteRate: 5, FifteenMinuteRate: 15 } as const

/** Rates are moving averages over the looks of one run; the first look only knows the average since the start of the broker. */
export class MBeanView {
  readonly #rates = new Map<string, { count: number; atMs: number; rates: Record<keyof typeof WINDOWS, number> }>()

  /** All MBeans by name. */
  look(samples: readonly Sample[], nowMs: number): Map<string, Attributes> {
    const byMetric = new Map<string, Sample[]>()
    for (const sample of samples) {
      const list = byMetric.get(sample.name)
      if (list === undefined) byMetric.set(sample.name, [sample])
      else list.push(sample)
    }
    const startSeconds = byMetric.get('process_start_time_seconds')?.[0]?.value
    const upSeconds = startSeconds === undefined ? Number.NaN : Math.max(1e-3, nowMs / 1000 - startSeconds)
    const beans = new Map<string, Map<string, string>>()
    const attributesOf = (row: MBeanRow, sample: Sample): Map<string, string> => {
      const name = nameOf(row, sample)
      const known = beans.get(name) ?? new Map<string, string>()
      beans.set(name, known)
      return known
    }
    for (const row of MBEAN_TABLE) {
      for (const sample of byMetric.get(row.metric) ?? []) this.#add(row, sample, { attributesOf, upSeconds, nowMs })
      if (row.shape.kind !== 'histogram' && row.shape.kind !== 'timer') continue
      const sums = byMetric.get(`${row.metric}_sum`) ?? []
      for (const [at, sample] of (byMetric.get(`${row.metric}_count`) ?? []).entries()) {
        const into = attributesOf(row, sample)
        into.set('Count', String(sample.value))
        into.set('Mean', javaDouble(sample.value === 0 ? 0 : (sums[at]?.value ?? 0) / sample.value))
        if (row.shape.kind === 'timer') {
          this.#addRates(into, { name: nameOf(row, sample), count: sample.value, upSeconds, nowMs })
          into.set('EventType', 'calls')
          into.set('LatencyUnit', 'MILLISECONDS')
          into.set('RateUnit', 'SECONDS')
        }
      }
    }
    return beans
  }

  #add(
    row: MBeanRow,
    sample: Sample,
    look: {
      readonly attributesOf: (row: MBeanRow, sample: Sample) => Map<string, string>
      readonly upSeconds: number
      readonly nowMs: number
    },
  ): void {
    const { shape } = row
    const into = look.attributesOf(row, sample)
    if (shape.kind === 'gauge') into.set(shape.attribute, numberText(sample.value))
    else if (shape.kind === 'meter') {
      into.set('Count', String(sample.value))
      into.set('EventType', shape.event)
      into.set('RateUnit', shape.unit)
      this.#addRates(into, { ...look, name: nameOf(row, sample), count: sample.value })
    } else {
      const attribute = QUANTILES[sample.labels.get('quantile') ?? '']
      if (attribute !== undefined) into.set(attribute, javaDouble(sample.value))
    }
  }

  #addRates(
    into: Map<string, string>,
    of: { readonly name: string; readonly count: number; readonly upSeconds: number; readonly nowMs: number },
  ): void {
    const mean = of.count / of.upSeconds
    const last = this.#rates.get(of.name)
    const rates = { OneMinuteRate: mean, FiveMinuteRate: mean, FifteenMinuteRate: mean }
    if (last !== undefined) {
      const seconds = Math.max(1e-3, (of.nowMs - last.atMs) / 1000)
      const now = Math.max(0, of.count - last.count) / seconds
      for (const [name, minutes] of Object.entries(WINDOWS) as [keyof typeof WINDOWS, number][]) {
        const weight = 1 - Math.exp(-seconds / (minutes * SECONDS_PER_MINUTE))
        rates[name] = last.rates[name] + weight * (now - last.rates[name])
      }
    }
    this.#rates.set(of.name, { count: of.count, atMs: of.nowMs, rates })
    into.set('MeanRate', javaDouble(mean))
    for (const [name, rate] of Object.entries(rates)) into.set(name, javaDouble(rate))
  }
}

function nameOf({ bean, labels }: MBeanRow, sample: Sample): string {
  const keys = Object.entries(labels).flatMap(([label, key]) => {
    const value = sample.labels.get(label)
    return value === undefined || value === '' ? [] : [`${key}=${quoted(value)}`]
  })
  return [bean, ...keys].join(',')
}

/** Values with characters that mean something in a name stand in quotes. */
function quoted(value: string): string {
  return /[,=:"*?\n/]/.test(value) ? `"${value.replace(/["*?\\]/g, '\\$&').replaceAll('\n', '\\n')}"` : value
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : javaDouble(value)
}
