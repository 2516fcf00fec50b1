/** Tables of ratios with their spread, from samples. */
import { cases, metricsOf } from './cases.mjs'
import { systems } from './systems.mjs'

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

function cell(values, { digits }) {
  if (values.length === 0) return '–'
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const spread = values.length === 1 ? '' : ` (${least.toFixed(digits)}–${most.toFixed(digits)})`
  return `${median(values).toFixed(digits)}${spread}`
}

/**
 * Ottla to Apache Kafka, and whether it is a difference: within what the same system differs from itself (the second runs of Ottla, and the rounds of
 * each) it is none.
 */
export function ratioOf(results, name, metric) {
  const [ours, theirs, again] = ['ottla', 'kafka', 'again'].map((system) => valuesOf(results, name, system, metric))
  if (ours.length === 0 || theirs.length === 0) return null
  const all = [...ours, ...again]
  const ratio = median(all) / median(theirs)
  const noise = Math.max(Math.max(...all) / Math.min(...all), Math.max(...theirs) / Math.min(...theirs))
  const isDifference = ratio > noise || ratio < 1 / noise || all.length + theirs.length <= 2
  return { ratio, noise, isDifference }
}

function verdict(found, { better }) {
  if (found === null) return '–'
  const text = found.ratio.toFixed(2)
  if (!found.isDifference) return `${text} (none)`
  return found.ratio > 1 === (better === 'more') || found.ratio === 1 ? `**${text}**` : text
}

export function tables(results) {
  const groups = [...new Set(cases.map(({ group }) => group))]
  return groups
    .map((group) => table(results, group))
    .filter((text) => text !== '')
    .join('\n\n')
}

function table(results, group) {
  const keys = Object.keys(systems).filter((key) => key !== 'again')
  const rows = cases
    .filter((each) => each.group === group)
    .flatMap((each) =>
      Object.entries(metricsOf[each.kind]).flatMap(([metric, of]) => {
        const values = keys.map((key) => valuesOf(results, each.name, key, metric))
        if (values.every(({ length }) => length === 0)) return []
        const found = ratioOf(results, each.name, metric)
        const binds = keys.some((key) => results.of(each.name, key).some(({ isBoundByLoad }) => isBoundByLoad))
        const note = binds && metric === 'rate' ? ' (load binds)' : ''
        return [
          `| ${each.name} | ${of.title}${note} | ${values.map((each) => cell(each, of)).join(' | ')} | ${verdict(found, of)} |`,
        ]
      }),
    )
  if (rows.length === 0) return ''
  const head = `| case | metric | ${keys.map((key) => systems[key].title).join(' | ')} | ratio |`
  return `## ${group}\n\n${head}\n| --- | --- |${' ---: |'.repeat(keys.length + 1)}\n${rows.join('\n')}`
}
