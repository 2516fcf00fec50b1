import { deepEqual, equal, ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLogger, LogLevels, type LogLine } from '@ottla/env'
import { RecentHistogram } from '@ottla/stdx'
import { FETCH, fetchOf, TestBroker } from '../test-broker.test.ts'
import { LoopWatch } from './loop-watch.ts'
import { REQUEST_LOGGER } from './request-log.ts'

/** A broker whose lines are kept. */
async function start(t: TestContext, overrides: Record<string, string>) {
  const lines: LogLine[] = []
  const broker = await TestBroker.start(t, overrides, { onLine: (line) => lines.push(line) })
  const of = (logger: string) => lines.filter((line) => line.logger === logger)
  return { broker, of }
}

test('a slow request gets one line with its stages; a fetch that waits by design is not slow', async (t) => {
  const { broker, of } = await start(t, { 'ottla.slow.request.threshold.ms': '1000' })
  await broker.createTopics({ events: 1 })
  const client = await broker.connect()
  const wait = fetchOf([{ topic: 'events' }], { minBytes: 1, maxWaitMs: 1200 })
  await client.request(FETCH, 12, wait)
  deepEqual(
    of('broker.slow').filter(({ fields }) => fields['api'] === 'Fetch'),
    [],
  )
})

test('with a threshold of nothing every request is slow, but not every one gets a line', async (t) => {
  const { broker, of } = await start(t, { 'ottla.slow.request.threshold.ms': '0' })
  await broker.createTopics({ events: 1 })
  const client = await broker.connect()
  for (let n = 0; n < 40; n++)
    await client.request(FETCH, 12, fetchOf([{ topic: 'events' }], { minBytes: 0, maxWaitMs: 0 }))
  const slow = of('broker.slow')
  ok(slow.length >= 2 && slow.length < 40, `${slow.length} lines`)
  const { level, message, fields } = slow.at(-1)!
  deepEqual([level, message, fields['api'], fields['clientId']], ['warn', 'slow request', 'Fetch', 'test'])
  const stages = ['queueMs', 'localMs', 'remoteMs', 'responseQueueMs', 'sendMs'].map((stage) => Number(fields[stage]))
  ok(Math.abs(stages.reduce((a, b) => a + b, 0) - Number(fields['totalMs'])) < 0.01)
  ok(Number(fields['requestBytes']) > 20 && Number(fields['responseBytes']) > 20)
})

test('the request log speaks when its level says so, at any time, and never of what requests hold', async (t) => {
  const { broker, of } = await start(t, {})
  const client = await broker.connect()
  await broker.createTopics({ before: 1 })
  equal(of(REQUEST_LOGGER).length, 0)
  broker.env.logLevels.set(REQUEST_LOGGER, 'trace')
  await client.request(FETCH, 12, fetchOf([{ topic: 'secret-name' }], { maxWaitMs: 0 }))
  const [line] = of(REQUEST_LOGGER)
  equal(line?.fields['api'], 'Fetch')
  ok(!JSON.stringify(of(REQUEST_LOGGER)).includes('secret-name'))
  broker.env.logLevels.unset(REQUEST_LOGGER)
  const before = of(REQUEST_LOGGER).length
  await client.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 0 }))
  equal(of(REQUEST_LOGGER).length, before)
})

test('a loop that was held gets a line with the request that ran the longest', () => {
  const lines: LogLine[] = []
  let nowMs = 0
  let cpuMs = 1000
  let due = (): void => {}
  const watch = new LoopWatch({
    clock: { now: () => 0, monotonic: () => nowMs },
    timers: {
      after: (_, fn) => {
        due = fn
        return { cancel: () => {} }
      },
      defer: () => {},
    },
    logger: createLogger({ levels: new LogLevels('info'), now: () => 0, write: (line) => lines.push(line) }),
    delays: new RecentHistogram(),
    stallMs: () => 100,
    cpuMs: () => cpuMs,
  })
  const request = (apiKey: number, ms: number) =>
    ({ firstWord: apiKey << 16, startedAt: 0, handledAt: ms, sizeBytes: 77, attachment: { clientId: 'c' } }) as never
  watch.start()
  nowMs = 260
  due()
  equal(lines.length, 0)
  watch.handled(request(0, 5))
  watch.handled(request(3, 400))
  watch.handled(request(1, 2))
  nowMs += 250 + 407
  cpuMs += 555
  due()
  deepEqual(lines[0]?.fields, {
    lateMs: 407,
    cpuMs: 555,
    requests: 3,
    longestRequest: 'Metadata',
    longestMs: 400,
    longestBytes: 77,
    clientId: 'c',
  })
  nowMs += 250 + 300
  due()
  deepEqual(lines[1]?.fields, { lateMs: 300, cpuMs: 0, requests: 0 })
})
