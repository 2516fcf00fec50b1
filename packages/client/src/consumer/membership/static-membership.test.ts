import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerError } from '../../errors.ts'
import { groupWorld, MEMBERSHIPS, nextEvent, numbersOf, polling, until } from '../group-world.test.ts'

const SESSION = { sessionTimeoutMs: 2000 }

for (const [name, options] of MEMBERSHIPS) {
  test(`a static member that comes back in time finds its partitions, and no other moved (${name})`, () =>
    groupWorld(async ({ consumer }) => {
      const start = (groupInstanceId: string) => {
        const member = consumer({ ...options, groupInstanceId })
        member.subscribe(['words'])
        return { member, work: polling(member) }
      }
      const a = start('a')
      const b = start('b')
      await until(() => a.member.assignment.length === 1 && b.member.assignment.length === 1)
      const had = numbersOf(b.member.assignment)
      const moved: string[] = []
      for (const event of ['assigned', 'revoked', 'lost'] as const) a.member.on(event, () => moved.push(event))
      await b.work.stop()
      await b.member.close()
      const again = start('b')
      await until(() => again.member.assignment.length === 1)
      deepEqual([numbersOf(again.member.assignment), moved], [had, []])
      for (const { work } of [a, again]) await work.stop()
    }))

  test(`a static member that stalls leaves its place to others only when its session is over (${name})`, () =>
    groupWorld(async ({ consumer }) => {
      const stalls = consumer({ ...options, groupInstanceId: 'a', maxPollIntervalMs: 300 })
      stalls.subscribe(['words'])
      while (stalls.assignment.length < 2) await stalls.poll({ timeoutMs: 20 })
      const { sinceMs } = await nextEvent(stalls, 'stalled')
      const stalledAt = performance.now() - sinceMs
      const other = consumer(options)
      other.subscribe(['words'])
      const work = polling(other)
      await until(() => other.assignment.length === 2)
      ok(performance.now() - stalledAt > SESSION.sessionTimeoutMs)
      await work.stop()
    }, SESSION))
}

for (const [name, options] of MEMBERSHIPS.filter(([, { groupProtocol }]) => groupProtocol === 'classic')) {
  test(`a member whose instance id another one took is told so by every poll (${name})`, () =>
    groupWorld(async ({ consumer }) => {
      const first = consumer({ ...options, groupInstanceId: 'a' })
      first.subscribe(['words'])
      while (first.assignment.length < 2) await first.poll({ timeoutMs: 20 })
      const work = polling(first)
      const second = consumer({ ...options, groupInstanceId: 'a' })
      second.subscribe(['words'])
      while (second.assignment.length < 2) await second.poll({ timeoutMs: 20 })
      await until(() => first.health().state === 'failed')
      const isTold = (error: unknown) => {
        ok(error instanceof BrokerError)
        deepEqual([error.code, error.group, error.retriable], ['FENCED_INSTANCE_ID', 'g', false])
        match(error.message, /another consumer joined group g with the same groupInstanceId a/)
        return true
      }
      await rejects(work.stop(), isTold)
      await rejects(first.poll({ timeoutMs: 1000 }), isTold)
      equal(first.health().isHealthy, false)
    }))
}

test('under the consumer protocol the second one waits, and says why, until the first has gone', () =>
  groupWorld(async ({ consumer }) => {
    const options = { groupProtocol: 'consumer', groupInstanceId: 'a' } as const
    const first = consumer(options)
    first.subscribe(['words'])
    while (first.assignment.length < 2) await first.poll({ timeoutMs: 20 })
    const second = consumer(options)
    second.subscribe(['words'])
    const told = nextEvent(second, 'error')
    const work = polling(second)
    const { error, kind } = await told
    deepEqual([(error as BrokerError).code, kind], ['UNRELEASED_INSTANCE_ID', 'retried'])
    equal(second.health().state, 'joining')
    await first.close()
    await until(() => second.assignment.length === 2)
    await work.stop()
  }))
