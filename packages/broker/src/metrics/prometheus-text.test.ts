import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { prometheusText, RecentHistogram } from '@ottla/stdx'
import type { MetricRow, MetricSource } from './metric-row.ts'

const SOURCE = {} as MetricSource
const now = { monotonic: () => 0, pause: () => Promise.resolve() }

test('label values and help are escaped, and numbers are what Prometheus reads', async () => {
  const row: MetricRow = {
    name: 'a',
    kind: 'gauge',
    labels: ['x', 'y'],
    help: 'One\nline \\ only.',
    read: (_, sink) => {
      sink.value(1.5, 'quote " slash \\ line \n end', '')
      sink.value(Number.POSITIVE_INFINITY, 'b', 'ü')
      sink.value(Number.NaN, 'c', 'c')
    },
  }
  const text = await prometheusText([row], SOURCE, now)
  equal(
    text.slice(0, text.indexOf('# HELP ottla_')),
    '# HELP a One\\nline \\\\ only.\n# TYPE a gauge\n' +
      'a{x="quote \\" slash \\\\ line \\n end",y=""} 1.5\na{x="b",y="ü"} +Inf\na{x="c",y="c"} NaN\n',
  )
})

test('a summary has the quantiles as the JMX exporter writes them, of what is recent, and sum and count of all', async () => {
  const times = new RecentHistogram()
  times.record(5000)
  times.turn()
  times.turn()
  times.record(1000)
  const row: MetricRow = {
    name: 't',
    kind: 'summary',
    labels: ['request'],
    help: 'T.',
    read: (_, sink) => sink.summary(times, 0.001, 'Fetch'),
  }
  const text = await prometheusText([row], SOURCE, now)
  match(text, /^t\{request="Fetch",quantile="0\.50"\} 1$/m)
  match(text, /^t\{request="Fetch",quantile="0\.999"\} 1$/m)
  match(text, /^t_sum\{request="Fetch"\} 6$/m)
  match(text, /^t_count\{request="Fetch"\} 2$/m)
})

test('too many series of one metric are left out and counted, and long pages let others work', async () => {
  const many: MetricRow = {
    name: 'm',
    kind: 'gauge',
    labels: ['n'],
    help: 'M.',
    read: (_, sink) => {
      for (let n = 0; n < 50_010; n++) sink.value(n, String(n))
    },
  }
  let [time, pauses] = [0, 0]
  const text = await prometheusText([many, { ...many, name: 'k' }], SOURCE, {
    monotonic: () => (time += 10),
    pause: () => {
      pauses += 1
      return Promise.resolve()
    },
  })
  match(text, /^ottla_metrics_left_out_series 20$/m)
  equal(pauses, 2)
})

test('a metric without samples is not named', async () => {
  const row: MetricRow = { name: 'none', kind: 'gauge', help: 'N.', read: () => {} }
  equal((await prometheusText([row], SOURCE, now)).includes('none'), false)
})
