/** Ratios of one system to the other, and what of them is noise. */
import { cases } from './cases.mjs'
import { metricsOf } from './metrics.mjs'

const sorted = (values) => [...values].sort((a, b) => a - b)

export function median(values) {
  const [low, high] = [Math.floor((values.length - 1) / 2), Math.ceil((values.length - 1) / 2)].map(
    (at) => sorted(values)[at],
  )
  return (low + high) / 2
}

/** Values of one metric of one case on one system, a round each. */
export function valuesOf(results, name, system, metric) {
  return results
    .of(name, system)
    .map((sample) => sample[metric])
    .filter((value) => Number.isFinite(value))
}

const apart = (values) => (values.length < 2 ? 1 : Math.max(...values) / Math.max(Math.min(...values), 1e-9))

/** The same system twice: how far the second Ottla is from the first, case by case of those that were run on both. */
export function noiseRows(results) {
  return cases
    .filter(({ isTwice }) => isTwice)
    .flatMap((each) =>
      Object.entries(metricsOf[each.kind]).flatMap(([metric, of]) => {
        const [one, other] = ['ottla', 'again'].map((system) => valuesOf(results, each.name, system, metric))
        if (one.length === 0 || other.length === 0) return []
        return [{ each, metric, of, one, other, ratio: median(other) / median(one) }]
      }),
    )
}

function noiseOf(results, kind, metric) {
  return noiseRows(results)
    .filter((row) => row.each.kind === kind && row.metric === metric)
    .reduce((most, { ratio }) => Math.max(most, ratio, 1 / ratio), 1)
}

/**
 * Ottla (or `system`) to Apache Kafka by medians, and whether that is a difference: none is what lies within that by which the same system differs from
 * itself, between two processes of it and from round to round. Null when one of them has no values.
 */
export function ratioOf(results, each, metric, system = 'ottla') {
  const [ours, theirs] = [system, 'kafka'].map((key) => valuesOf(results, each.name, key, metric))
  if (ours.length === 0 || theirs.length === 0) return null
  const ratio = median(ours) / Math.max(median(theirs), 1e-9)
  const noise = Math.max(apart(ours), apart(theirs), noiseOf(results, each.kind, metric))
  const least = Math.min(...ours) / Math.max(...theirs, 1e-9)
  const most = Math.max(...ours) / Math.max(Math.min(...theirs), 1e-9)
  return { ratio, least, most, noise, isDifference: ratio > noise || ratio < 1 / noise }
}

/** Whether the load generator had no time left on its core, on either system: then it, not the broker, set the rate. */
export function isBoundByLoad(results, each, system = 'ottla') {
  return [system, 'kafka'].some((key) => results.of(each.name, key).some((sample) => sample.isBoundByLoad))
}
