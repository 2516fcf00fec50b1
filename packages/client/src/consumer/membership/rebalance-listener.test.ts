import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicPartition } from '../../topic-partition.ts'
import type { RebalanceListener } from '../consumer-options.ts'
import { groupWorld, MEMBERSHIPS, numbersOf, polling, until } from '../group-world.test.ts'

for (const [name, options] of MEMBERSHIPS) {
  test(`what is revoked is another's only when the listener is done with it, commits included (${name})`, () =>
    groupWorld(async ({ consumer, write }) => {
      await Promise.all([0, 1].map((partition) => write(partition, 'a', 'b')))
      const log: string[] = []
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const rebalanceListener: RebalanceListener = {
        async onRevoked(partitions) {
          if (partitions.length === 0) return
          log.push(`revoked ${numbersOf(partitions)}`)
          await first.commit(partitions.map((partition) => ({ ...partition, offset: 1 })))
          await released
          log.push('let go')
        },
      }
      const first = consumer({ ...options, autoCommit: false, rebalanceListener })
      first.subscribe(['words'])
      const work = polling(first)
      await until(() => work.values.length === 4)
      const second = consumer({
        ...options,
        autoCommit: false,
        rebalanceListener: {
          onAssigned: (partitions) => {
            if (partitions.length > 0) log.push(`assigned ${partitions.length}`)
          },
        },
      })
      second.subscribe(['words'])
      const other = polling(second)
      await until(() => log.length === 1)
      // The listener holds it: several heartbeats pass, and the other has nothing.
      const startedAt = performance.now()
      await until(() => performance.now() - startedAt > 300)
      deepEqual([log.length, second.assignment], [1, []])
      release()
      await until(() => second.assignment.length === 1)
      deepEqual(log.slice(1), ['let go', 'assigned 1'])
      await until(() => other.values.length === 1)
      deepEqual(other.values, ['b'])
      await work.stop()
      await other.stop()
    }))

  test(`before a record of a new partition comes the listener has its say: it may seek (${name})`, () =>
    groupWorld(async ({ consumer, write }) => {
      await Promise.all([0, 1].map((partition) => write(partition, 'a', 'b', 'c')))
      const member = consumer({
        ...options,
        rebalanceListener: {
          onAssigned: async (partitions) => {
            await member.endOffsets(partitions)
            for (const partition of partitions) member.seek(partition, 2)
          },
        },
      })
      member.subscribe(['words'])
      const work = polling(member)
      await until(() => work.values.length === 2)
      await work.stop()
      deepEqual(work.values, ['c', 'c'])
    }))

  test(`what a listener throws is thrown by poll (${name})`, () =>
    groupWorld(async ({ consumer }) => {
      const member = consumer({
        ...options,
        rebalanceListener: {
          onAssigned: () => {
            throw new Error('no')
          },
        },
      })
      member.subscribe(['words'])
      const pollOn = async () => {
        for (;;) await member.poll({ timeoutMs: 20 })
      }
      await rejects(pollOn(), /^Error: no$/)
      equal(member.health().lastError?.error.message, 'no')
    }))

  test(`a member that was gone for too long is told what it lost, not that it may commit (${name})`, () =>
    groupWorld(async ({ consumer }) => {
      const log: string[] = []
      const hear = (what: string) => (partitions: readonly TopicPartition[]) => {
        if (partitions.length > 0) log.push(`${what} ${numbersOf(partitions)}`)
      }
      const member = consumer({
        ...options,
        maxPollIntervalMs: 1000,
        rebalanceListener: { onAssigned: hear('assigned'), onRevoked: hear('revoked'), onLost: hear('lost') },
      })
      member.subscribe(['words'])
      while (member.assignment.length < 2) await member.poll({ timeoutMs: 20 })
      await until(() => member.health().stalls.some(({ kind }) => kind === 'poll'))
      const work = polling(member)
      await until(() => log.length === 3)
      deepEqual(log, ['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
      await work.stop()
    }))
}
