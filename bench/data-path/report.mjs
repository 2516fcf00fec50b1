/** The tables of a run. */
import { cases } from './cases.mjs'
import { goals } from './goals.mjs'
import { metricsOf } from './metrics.mjs'
import { isBoundByLoad, median, noiseRows, ratioOf, valuesOf } from './ratios.mjs'
import { systems } from './systems.mjs'

function cell(values, { digits }) {
  if (values.length === 0) return ''
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits))
  const spread = values.length === 1 || least === most ? '' : ` (${least}–${most})`
  return `${median(values).toFixed(digits)}${spread}`
}

function verdict(found, { better }) {
  if (found === null || better === null) return ''
  const { ratio, least, most, isDifference } = found
  const spread = least.toFixed(2) === most.toFixed(2) ? '' : ` (${least.toFixed(2)}–${most.toFixed(2)})`
  if (!isDifference) return `none: ${ratio.toFixed(2)}${spread}`
  return ratio > 1 === (better === 'more') ? `**${ratio.toFixed(2)}**${spread}` : `${ratio.toFixed(2)}${spread}`
}

/** How much of a core the load took, and whether it had all that it could take. */
function loadOf(results, each, metric) {
  if (metric !== Object.keys(metricsOf[each.kind])[0]) return ''
  const parts = ['ottla', 'kafka'].map((key) => valuesOf(results, each.name, key, 'load'))
  if (parts.some(({ length }) => length === 0)) return ''
  const text = parts.map((values) => `${(median(values) * 100).toFixed(0)} %`).join(' / ')
  return isBoundByLoad(results, each) ? `${text}: it binds, see CPU` : text
}

export function tables(results) {
  const groups = [...new Set(cases.map(({ group }) => group))]
  return groups
    .map((group) => table(results, group))
    .filter((text) => text !== '')
    .join('\n\n')
}

const columns = ['ottla', 'kafka', 'fsync']

function table(results, group) {
  const rows = cases.filter((each) => each.group === group).flatMap((each) => rowsOf(results, each))
  if (rows.length === 0) return ''
  const hasSynced = rows.some(({ cells }) => cells[2] !== '')
  const hasLoad = rows.some(({ load }) => load !== '')
  const titles = [
    'case',
    'metric',
    systems.ottla.title,
    systems.kafka.title,
    'ratio',
    ...(hasSynced ? [systems.fsync.title, 'its ratio'] : []),
    ...(hasLoad ? ['load, of a core'] : []),
  ]
  const lines = rows.map(({ name, title, cells, ratios, load }) => [
    name,
    title,
    cells[0],
    cells[1],
    ratios[0],
    ...(hasSynced ? [cells[2], ratios[1]] : []),
    ...(hasLoad ? [load] : []),
  ])
  return `## ${group}\n\n${asTable(titles, lines)}`
}

function rowsOf(results, each) {
  return Object.entries(metricsOf[each.kind]).flatMap(([metric, of]) => {
    const values = columns.map((key) => valuesOf(results, each.name, key, metric))
    if (values.every(({ length }) => length === 0)) return []
    const ratios = ['ottla', 'fsync'].map((system) => verdict(ratioOf(results, each, metric, system), of))
    const cells = values.map((its) => cell(its, of))
    return [{ name: each.name, title: of.title, cells, ratios, load: loadOf(results, each, metric) }]
  })
}

function asTable(titles, lines) {
  const marks = titles.map((title, at) => (at < 2 ? '---' : title === 'load, of a core' ? '---' : '---:'))
  return [titles, marks, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function goalsTable(results) {
  const lines = goals(results).map(({ goal, wanted, found, verdict: said }) => [
    goal,
    wanted,
    found,
    said === 'met' ? '**met**' : said,
  ])
  return asTable(['goal', 'wanted', 'found', ''], lines).replaceAll('---:', '---')
}

export function noiseTable(results) {
  const lines = noiseRows(results).map(({ each, of, one, other, ratio }) => [
    each.name,
    of.title,
    cell(one, of),
    cell(other, of),
    ratio.toFixed(2),
  ])
  return asTable(['case', 'metric', systems.ottla.title, systems.again.title, 'ratio'], lines)
}
