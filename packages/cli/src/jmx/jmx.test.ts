import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'
import { MBeanView } from './mbeans.ts'
import { pageAddress } from './metrics-page.ts'
import { matchesName, parseObjectName } from './object-name.ts'
import { parseSamples } from './prometheus-samples.ts'

const BEAN = 'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec'

test('names match patterns as those of MBeans do', () => {
  const name = parseObjectName(`${BEAN},topic=a`)
  const matches = (pattern: string) => matchesName(parseObjectName(pattern), name)
  deepEqual(
    ['kafka.server:*', 'kafka.*:type=BrokerTopicMetrics,*', `${BEAN},topic=*`, `topic=a`.replace(/^/, `${BEAN},`)].map(
      matches,
    ),
    [true, true, true, true],
  )
  deepEqual([BEAN, 'kafka.log:*', `${BEAN},topic=b`].map(matches), [false, false, false])
})

test('counters become meters with rates, summaries become histograms', () => {
  const view = new MBeanView()
  const page = (count: number) =>
    parseSamples(`# HELP x y
process_start_time_seconds 100
kafka_server_brokertopicmetrics_messagesin_total ${count}
kafka_server_brokertopicmetrics_messagesin_total{topic="a"} ${count}
kafka_network_requestmetrics_totaltimems{request="Produce",quantile="0.99"} 7.5
kafka_network_requestmetrics_totaltimems_sum{request="Produce"} 30
kafka_network_requestmetrics_totaltimems_count{request="Produce"} 4
kafka_log_logmanager_logdirectoryoffline{logdirectory="/data"} 0
`)
  const first = view.look(page(100), 110_000)
  const meter = first.get(BEAN)!
  deepEqual(
    ['Count', 'MeanRate', 'OneMinuteRate', 'EventType', 'RateUnit'].map((name) => meter.get(name)),
    ['100', '10.0', '10.0', 'messages', 'SECONDS'],
  )
  const times = first.get('kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce')!
  deepEqual([...times].sort(), [
    ['99thPercentile', '7.5'],
    ['Count', '4'],
    ['Mean', '7.5'],
  ])
  equal(first.has(`${BEAN},topic=a`), true)
  equal(first.get('kafka.log:type=LogManager,name=LogDirectoryOffline,logDirectory="/data"')?.get('Value'), '0')
  const later = view.look(page(100), 170_000).get(BEAN)!
  match(later.get('OneMinuteRate')!, /^3\.67/)
})

test('the address is that of the page, or host and port of a JMX server', () => {
  deepEqual(pageAddress('service:jmx:rmi:///jndi/rmi://h:9999/jmxrmi'), { host: 'h', port: 9999, path: '/metrics' })
  deepEqual(pageAddress('service:jmx:rmi:///jndi/rmi://:9/jmxrmi'), { host: 'localhost', port: 9, path: '/metrics' })
  deepEqual(pageAddress('http://h:1/m'), { host: 'h', port: 1, path: '/m' })
  deepEqual(pageAddress('h:1'), { host: 'h', port: 1, path: '/metrics' })
})

test('kafka-jmx prints what a broker measures in all formats', async (t) => {
  const { running } = await testBroker(t)
  const url = ['--jmx-url', `http://127.0.0.1:${running.http!.port}`, '--one-time']
  const jmx = (...argv: string[]) => runTool('kafka-jmx', [...url, ...argv])
  const name = 'kafka.server:type=ReplicaManager,name=LeaderCount'
  const original = await jmx('--object-name', name)
  equal(original.code, 0)
  match(original.out, /^"time","kafka\.server:type=ReplicaManager,name=LeaderCount:Value"\n\d+,0\n$/)
  const csv = await jmx('--object-name', name, '--report-format', 'csv', '--date-format', "'now'")
  equal(csv.out, `time,"now"\n${name}:Value,"0"\n`)
  const all = await jmx(
    '--object-name',
    'kafka.server:type=ReplicaManager,*',
    '--attributes',
    'Value',
    '--report-format',
    'tsv',
  )
  match(all.out, /ReplicaManager,name=UnderReplicatedPartitions:Value\t0\n/)
  const none = await jmx('--object-name', 'foo:type=x')
  deepEqual([none.code, none.out], [1, ''])
  match(none.err, /No matched attributes for the queried objects \[foo:type=x\]\.\n$/)
  match((await jmx('--object-name', 'foo')).err, /Key properties cannot be empty/)
})
