import { assert } from '../assert.ts'
import { Histogram } from './histogram.ts'
import { Counter, Gauge } from './metric.ts'

export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** One line of the list of metrics: what is measured, independent of where. */
export interface MetricDefinition<K extends MetricKind = MetricKind> {
  readonly name: string
  readonly kind: K
  readonly help: string
  /** 'microseconds', 'bytes', 'requests', … */
  readonly unit: string
  /** Names of the labels that every series of it carries. */
  readonly labels?: readonly string[]
}

export type MetricLabels = Readonly<Record<string, string>>

/** One series as it stands: a metric with the values of its labels. */
export interface MetricSeries {
  readonly definition: MetricDefinition
  readonly labels: MetricLabels
  /** Counter and gauge. */
  readonly value?: number
  readonly histogram?: Histogram
}

type Instrument =
  | { readonly kind: 'counter'; readonly metric: Counter }
  | { readonly kind: 'gauge'; readonly metric: Gauge }
  | { readonly kind: 'observed'; readonly read: () => number }
  | { readonly kind: 'histogram'; readonly metric: Histogram }

interface Series {
  readonly labels: MetricLabels
  readonly instrument: Instrument
}

interface Family {
  readonly definition: MetricDefinition
  readonly series: Map<string, Series>
}

/**
 * All metrics of a process (or of a simulated node). Ask once for an instrument and keep it; asking again for the same
 * definition and labels gives the same one. No I/O: whoever serves metrics walks `collect`.
 */
export class MetricRegistry {
  readonly #families = new Map<string, Family>()

  counter(definition: MetricDefinition<'counter'>, labels: MetricLabels = {}): Counter {
    const found = this.#series(definition, labels, () => ({ kind: 'counter', metric: new Counter() }))
    assert(found.kind === 'counter', `${definition.name} is a counter`)
    return found.metric
  }

  gauge(definition: MetricDefinition<'gauge'>, labels: MetricLabels = {}): Gauge {
    const found = this.#series(definition, labels, () => ({ kind: 'gauge', metric: new Gauge() }))
    assert(found.kind === 'gauge', `${definition.name} is a gauge that is set`)
    return found.metric
  }

  histogram(definition: MetricDefinition<'histogram'>, labels: MetricLabels = {}): Histogram {
    const found = this.#series(definition, labels, () => ({ kind: 'histogram', metric: new Histogram() }))
    assert(found.kind === 'histogram', `${definition.name} is a histogram`)
    return found.metric
  }

  /** A counter or gauge whose value exists elsewhere and is read when metrics are collected. Replaces an earlier reader. */
  observe(definition: MetricDefinition<'counter' | 'gauge'>, read: () => number, labels: MetricLabels = {}): void {
    this.remove(definition, labels)
    this.#series(definition, labels, () => ({ kind: 'observed', read }))
  }

  /** Drops a series whose thing is gone (a deleted partition, a closed listener). */
  remove(definition: MetricDefinition, labels: MetricLabels = {}): void {
    const family = this.#families.get(definition.name)
    if (family === undefined) return
    family.series.delete(keyOf(definition, labels))
    if (family.series.size === 0) this.#families.delete(definition.name)
  }

  /** Every series with its present value, by metric, in the order in which they were made. */
  *collect(): IterableIterator<MetricSeries> {
    for (const { definition, series } of this.#families.values()) {
      for (const { labels, instrument } of series.values()) {
        if (instrument.kind === 'histogram') yield { definition, labels, histogram: instrument.metric }
        else if (instrument.kind === 'observed') yield { definition, labels, value: instrument.read() }
        else yield { definition, labels, value: instrument.metric.value }
      }
    }
  }

  #series(definition: MetricDefinition, labels: MetricLabels, make: () => Instrument): Instrument {
    let family = this.#families.get(definition.name)
    if (family === undefined) {
      family = { definition, series: new Map() }
      this.#families.set(definition.name, family)
    }
    assert(family.definition === definition, `metric ${definition.name} is defined once`)
    const key = keyOf(definition, labels)
    let series = family.series.get(key)
    if (series === undefined) {
      series = { labels, instrument: make() }
      family.series.set(key, series)
    }
    return series.instrument
  }
}

function keyOf(definition: MetricDefinition, labels: MetricLabels): string {
  const names = definition.labels ?? []
  assert(Object.keys(labels).length === names.length, `metric ${definition.name} has the labels [${names.join(', ')}]`)
  let key = ''
  for (const name of names) {
    const value = labels[name]
    assert(value !== undefined, `metric ${definition.name} needs label ${name}`)
    key += `${value}\0`
  }
  return key
}
