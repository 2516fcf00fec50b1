/** Plots of the ratios as SVG: one bar a case, from the line of equality; what is better than Apache Kafka goes to the right. */
import { cases } from './cases.mjs'
import { metricsOf } from './metrics.mjs'
import { ratioOf } from './ratios.mjs'

const ROW = 22
const LABEL = 300
const WIDTH = 900
const MOST = 8

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** The plot of a metric over the cases of a group that have it; null when there is none. */
export function plot(results, group, metric) {
  const bars = cases
    .filter((each) => each.group === group && metricsOf[each.kind][metric] !== undefined)
    .map((each) => ({ each, of: metricsOf[each.kind][metric], found: ratioOf(results, each, metric) }))
    .filter(({ found }) => found !== null)
  if (bars.length === 0) return null
  const middle = LABEL + (WIDTH - LABEL) / 2
  const half = (WIDTH - LABEL) / 2 - 50
  const length = (ratio) => (Math.min(Math.log2(Math.max(ratio, 1 / ratio)), Math.log2(MOST)) / Math.log2(MOST)) * half
  const rows = bars.map(({ each, of, found }, index) => {
    const gain = of.better === 'more' ? found.ratio : 1 / found.ratio
    const width = length(gain)
    const [x, end] = gain >= 1 ? [middle, middle + width + 4] : [middle - width, middle - width - 4]
    const colour = !found.isDifference ? '#9aa0a6' : gain >= 1 ? '#1a7f5a' : '#b3452c'
    const y = 40 + index * ROW
    return `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${escaped(each.name)}</text><rect x="${x.toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 7}" fill="${colour}"/><text x="${end.toFixed(1)}" y="${y + 14}" text-anchor="${gain >= 1 ? 'start' : 'end'}">${found.ratio.toFixed(2)}</text>`
  })
  const height = 50 + bars.length * ROW
  const title = `${group}: ${bars[0].of.title}, Ottla to Apache Kafka (right is better, grey is within the noise)`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/><text x="10" y="20" font-size="14">${escaped(title)}</text><line x1="${middle}" y1="32" x2="${middle}" y2="${height - 8}" stroke="#444"/>${rows.join('')}</svg>\n`
}

/** File name to SVG, of all groups and metrics that are worth a picture. */
export function plots(results) {
  const wanted = [
    ['produce', 'Produce', 'rate'],
    ['produce-cpu', 'Produce', 'cpu'],
    ['consume', 'Consume', 'rate'],
    ['consume-cpu', 'Consume', 'cpu'],
    ['both', 'Produce and consume', 'rate'],
    ['latency-p50', 'End to end', 'p50'],
    ['latency-p99', 'End to end', 'p99'],
    ['latency-p999', 'End to end', 'p999'],
    ['small-requests', 'Small requests', 'perSecond'],
    ['combinations', 'Combinations', 'rate'],
  ]
  return Object.fromEntries(
    wanted
      .map(([name, group, metric]) => [`${name}.svg`, plot(results, group, metric)])
      .filter(([, svg]) => svg !== null),
  )
}
