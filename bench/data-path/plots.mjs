/**
 * Plots of the ratios as SVG: a bar a case on a logarithmic scale, from the line of equality; what is better than Apache Kafka goes to the right. The
 * thin line is the spread of the rounds, the dashed one the goal.
 */
import { cases } from './cases.mjs'
import { metricsOf } from './metrics.mjs'
import { ratioOf } from './ratios.mjs'

const ROW = 22
const TOP = 46
const LABEL = 330
const WIDTH = 900
/** From four times worse to sixteen times better: what is beyond ends at the edge. */
const [WORST, BEST] = [1 / 4, 16]
const LEFT = LABEL + 40
const RIGHT = WIDTH - 50
const COLOURS = { better: '#1a7f5a', worse: '#b3452c', none: '#9aa0a6' }
/** The goal of a metric as a gain. */
const GOALS = { rate: 1, cpu: 1 / 0.8, p50: 2, p99: 2, p999: 2, perSecond: 1.5 }

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function placeOf(gain) {
  const part = Math.log2(Math.min(Math.max(gain, WORST), BEST) / WORST) / Math.log2(BEST / WORST)
  return LEFT + part * (RIGHT - LEFT)
}

function bar({ each, of, found }, index) {
  const y = TOP + index * ROW
  const gainOf = (ratio) => (of.better === 'more' ? ratio : 1 / Math.max(ratio, 1e-9))
  const gain = gainOf(found.ratio)
  const [from, to] = [placeOf(1), placeOf(gain)].sort((a, b) => a - b)
  const [low, high] = [found.least, found.most].map((ratio) => placeOf(gainOf(ratio))).sort((a, b) => a - b)
  const colour = !found.isDifference ? COLOURS.none : gain >= 1 ? COLOURS.better : COLOURS.worse
  const middle = y + ROW / 2
  const text = (x, anchor, words) => `<text x="${x.toFixed(1)}" y="${y + 15}" text-anchor="${anchor}">${words}</text>`
  return [
    text(LABEL - 8, 'end', escaped(each.name)),
    `<rect x="${from.toFixed(1)}" y="${y + 4}" width="${Math.max(to - from, 1).toFixed(1)}" height="${ROW - 8}" fill="${colour}"/>`,
    `<line x1="${low.toFixed(1)}" y1="${middle}" x2="${high.toFixed(1)}" y2="${middle}" stroke="#222"/>`,
    gain >= 1
      ? text(Math.max(to, high) + 4, 'start', found.ratio.toFixed(2))
      : text(Math.min(from, low) - 4, 'end', found.ratio.toFixed(2)),
  ].join('')
}

function scale(bottom, goal) {
  const marks = [1 / 4, 1 / 2, 1, 2, 4, 8, 16].map((gain) => {
    const x = placeOf(gain).toFixed(1)
    const words = gain === 1 ? 'equal' : gain > 1 ? `${gain}× better` : `${1 / gain}× worse`
    return `<line x1="${x}" y1="${TOP - 4}" x2="${x}" y2="${bottom}" stroke="${gain === 1 ? '#444' : '#e4e6e8'}"/><text x="${x}" y="${TOP - 8}" text-anchor="middle" font-size="10" fill="#666">${words}</text>`
  })
  if (goal === undefined || goal === 1) return marks.join('')
  const x = placeOf(goal).toFixed(1)
  return `${marks.join('')}<line x1="${x}" y1="${TOP - 4}" x2="${x}" y2="${bottom}" stroke="#1a4f9c" stroke-dasharray="4 3"/><text x="${x}" y="${bottom + 11}" text-anchor="middle" font-size="10" fill="#1a4f9c">goal</text>`
}

/** The plot of a metric over the cases of a group that have it; null when there is none. */
export function plot(results, group, metric) {
  const bars = cases
    .filter((each) => each.group === group && metricsOf[each.kind][metric] !== undefined)
    .map((each) => ({ each, of: metricsOf[each.kind][metric], found: ratioOf(results, each, metric) }))
    .filter(({ found }) => found !== null)
  if (bars.length === 0) return null
  const bottom = TOP + bars.length * ROW
  const title = `${group}: ${bars[0].of.title}, Ottla to Apache Kafka (grey: within the noise)`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 16}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/><text x="10" y="20" font-size="14">${escaped(title)}</text>${scale(bottom, GOALS[metric])}${bars.map(bar).join('')}</svg>\n`
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
