import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { nodeEnv } from '@ottla/env/node'
import type { MetricRow } from './metric-row.ts'
import { METRICS_TABLE } from './metrics-table.ts'

const PATH = fileURLToPath(new URL('../../../../config/dashboards/ottla.json', import.meta.url))
const FUNCTIONS = new Set(['sum', 'max', 'min', 'rate', 'topk', 'by', 'label_values'])
/** What Prometheus itself adds to every series. */
const TARGET_LABELS = ['instance', 'job']

interface Panel {
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] }
}

const dashboard = JSON.parse(nodeEnv().files.readFileSync(PATH).toString()) as Dashboard
const rows = new Map(METRICS_TABLE.map((row) => [row.name, row]))

function labelsOf({ labels = [], kind }: MetricRow): string[] {
  return [...labels, ...TARGET_LABELS, ...(kind === 'summary' ? ['quantile'] : [])]
}

/** What is wrong with an expression: of those that are made of functions, selectors and grouping. */
function faultOf(expression: string): string | null {
  const depth = { '(': 0, '{': 0, '[': 0 }
  const withoutTexts = expression.replace(/"[^"]*"/g, '""')
  for (const [open, close] of [
    ['(', ')'],
    ['{', '}'],
    ['[', ']'],
  ] as const) {
    depth[open] = withoutTexts.split(open).length - withoutTexts.split(close).length
    if (depth[open] !== 0) return `${open} without ${close}`
  }
  const metrics: MetricRow[] = []
  for (const [, name, selector = ''] of withoutTexts.matchAll(/\b([a-z][a-z0-9_]*)(\{[^}]*\})?/g)) {
    if (!name!.includes('_') || FUNCTIONS.has(name!) || name === 'rate_interval') continue
    const row = rows.get(name!.replace(/_(sum|count)$/, '')) ?? rows.get(name!)
    if (row === undefined) return `there is no metric ${name}`
    metrics.push(row)
    for (const [, label, comparison] of selector.matchAll(/([a-z]\w*)(=~|!~|!=|=)/gi)) {
      if (!labelsOf(row).includes(label!)) return `${name} has no label ${label} (${comparison})`
    }
    const isRated = withoutTexts.includes(`rate(${name}`)
    if (row.kind === 'counter' && !isRated) return `${name} is a counter and has no rate`
    if (row.kind !== 'counter' && isRated) return `${name} is no counter`
  }
  if (metrics.length !== 1) return `${metrics.length} metrics`
  for (const [, grouped] of withoutTexts.matchAll(/by \(([^)]*)\)/g)) {
    for (const label of grouped!.split(', ')) {
      if (!labelsOf(metrics[0]!).includes(label)) return `grouped by ${label}, which ${metrics[0]!.name} does not have`
    }
  }
  return null
}

test('a fault in an expression is found', () => {
  const faults = [
    'sum(kafka_no_such_metric)',
    'sum(ottla_connections',
    'sum by (topic) (ottla_connections)',
    'ottla_connections{topic="x"}',
    'ottla_log_writes_total',
    'rate(ottla_connections[5m])',
  ].filter((expression) => faultOf(expression) === null)
  deepEqual(faults, [])
})

test('every metric and label that the dashboard asks for is in the list', () => {
  const expressions = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  )
  ok(expressions.length > 30)
  const faults = expressions.flatMap(({ title, expr }) => {
    const fault = faultOf(expr)
    return fault === null ? [] : [`${title}: ${fault}`]
  })
  deepEqual(faults, [])
})

test('what the variables of the dashboard are taken from is in the list, and legends name labels that are left', () => {
  for (const { query } of dashboard.templating.list) {
    if (typeof query === 'string') continue
    const [, name, label] = /^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? []
    ok(labelsOf(rows.get(name!)!).includes(label!), query.query)
  }
  for (const { title, targets = [] } of dashboard.panels) {
    for (const { expr, legendFormat } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        const isGrouped = /by \(/.test(expr)
        ok(isGrouped ? new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr) : label === 'instance', `${title}: ${label}`)
      }
    }
  }
})

test('no panel lies on another', () => {
  const seen: Panel['gridPos'][] = []
  for (const { title, gridPos } of dashboard.panels) {
    const { x, y, w, h } = gridPos
    ok(x + w <= 24, title)
    ok(!seen.some((one) => x < one.x + one.w && one.x < x + w && y < one.y + one.h && one.y < y + h), title)
    seen.push(gridPos)
  }
})
