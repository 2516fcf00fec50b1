/**
 * Metrics in the text format of Prometheus 0.0.4. Made in slices: whoever has thousands of partitions has megabytes of it, and
 * nobody should wait for that.
 */
import type { MetricRow, MetricSink, MetricSource } from './metric-row.ts'
import type { RecentHistogram } from './recent-histogram.ts'

export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** As the JMX exporter writes them: dashboards compare the text. */
const QUANTILES: readonly (readonly [text: string, q: number])[] = [
  ['0.50', 0.5],
  ['0.75', 0.75],
  ['0.95', 0.95],
  ['0.98', 0.98],
  ['0.99', 0.99],
  ['0.999', 0.999],
]
/** More series than this of one metric are left out, and counted. */
const SERIES_MAX = 50_000
const SLICE_MS = 5

export interface TextOptions {
  readonly monotonic: () => number
  /** Lets the event loop do other work. */
  readonly pause: () => Promise<void>
}

/** The whole page. */
export async function prometheusText<S extends MetricSource>(
  rows: readonly MetricRow<S>[],
  of: Omit<S, 'breathe'>,
  { monotonic, pause }: TextOptions,
): Promise<string> {
  const parts: string[] = []
  let leftOut = 0
  let sliceAt = monotonic()
  const rest = async (): Promise<void> => {
    await pause()
    sliceAt = monotonic()
  }
  const breathe = (): Promise<void> | null => (monotonic() - sliceAt < SLICE_MS ? null : rest())
  const source = { ...of, breathe } as unknown as S
  for (const row of rows) {
    const text = new RowText(row)
    const reading = row.read(source, text)
    if (reading !== undefined) await reading
    leftOut += text.leftOut
    if (text.text !== '')
      parts.push(`# HELP ${row.name} ${helpText(row.help)}\n# TYPE ${row.name} ${row.kind}\n`, text.text)
    const pausing = breathe()
    if (pausing !== null) await pausing
  }
  parts.push(
    '# HELP ottla_metrics_left_out_series Series that this page leaves out because a metric has too many; at least so many.\n',
    `# TYPE ottla_metrics_left_out_series gauge\nottla_metrics_left_out_series ${leftOut}\n`,
  )
  return parts.join('')
}

type Naming = Pick<MetricRow<never>, 'name' | 'labels'>

/** The samples of one metric. */
class RowText implements MetricSink {
  text = ''
  leftOut = 0
  readonly #row: Naming
  #series = 0

  constructor(row: Naming) {
    this.#row = row
  }

  get isFull(): boolean {
    return this.leftOut > 0
  }

  value(value: number, ...labels: readonly string[]): void {
    if (!this.#mayAdd()) return
    this.text += `${this.#row.name}${braced(this.#labels(labels))} ${numberText(value)}\n`
  }

  summary(times: RecentHistogram, factor: number, ...labels: readonly string[]): void {
    if (!this.#mayAdd()) return
    const { name } = this.#row
    const own = this.#labels(labels)
    const recent = times.recent()
    const comma = own === '' ? '' : ','
    for (const [text, q] of QUANTILES) {
      const value = recent.count === 0 ? 0 : recent.quantile(q) * factor
      this.text += `${name}{${own}${comma}quantile="${text}"} ${numberText(value)}\n`
    }
    this.text += `${name}_sum${braced(own)} ${numberText(times.sum * factor)}\n${name}_count${braced(own)} ${times.count}\n`
  }

  #mayAdd(): boolean {
    if (this.#series < SERIES_MAX) {
      this.#series += 1
      return true
    }
    this.leftOut += 1
    return false
  }

  /** Of a sum over all values of a label, that label is left out. */
  #labels(values: readonly string[]): string {
    let text = ''
    const names = this.#row.labels ?? []
    for (let at = 0; at < values.length; at++) text += `${at === 0 ? '' : ','}${names[at]}="${labelText(values[at]!)}"`
    return text
  }
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`
}

const SPECIAL = /[\\"\n]/g

function labelText(value: string): string {
  return value.replace(SPECIAL, (found) => (found === '\n' ? '\\n' : `\\${found}`))
}

function helpText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}
