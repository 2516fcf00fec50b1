import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, type FetchResponse, type Value, ZERO_UUID } from '@ottla/protocol'
import { FetchSession, type FetchTarget } from './fetch-session.ts'

const ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

function target(partition: number, fetchOffset = 0, topicId = ID): FetchTarget {
  return { key: `t-${partition}`, topic: 't', topicId, partition, fetchOffset, leaderEpoch: 0, maxBytes: 100 }
}

function answer(sessionId: number, errorCode: number = ErrorCode.NONE): Value<typeof FetchResponse> {
  return { errorCode, sessionId, throttleTimeMs: 0, responses: [], nodeEndpoints: [] }
}

const partitions = (targets: readonly FetchTarget[]) => targets.map(({ partition }) => partition)

test('the first request is full and asks for a session; the next ones say only what changed', () => {
  const session = new FetchSession()
  const first = session.next([target(0), target(1)])
  deepEqual([first.sessionId, first.sessionEpoch, partitions(first.changed)], [0, 0, [0, 1]])
  session.accept(answer(7))
  const second = session.next([target(0, 5), target(1), target(2)])
  deepEqual([second.sessionId, second.sessionEpoch], [7, 1])
  deepEqual([partitions(second.changed), partitions(second.forgotten)], [[0, 2], []])
  session.accept(answer(7))
  const third = session.next([target(1), target(2)])
  deepEqual([third.sessionEpoch, partitions(third.changed), partitions(third.forgotten)], [2, [], [0]])
})

test('a topic that was recreated is forgotten under its old id and told under the new one', () => {
  const session = new FetchSession()
  session.next([target(0)])
  session.accept(answer(7))
  const other = 'AAAAAAAAAAAAAAAAAAAAAg'
  const { changed, forgotten } = session.next([target(0, 0, other)])
  deepEqual(
    [changed, forgotten].map((targets) => targets.map(({ topicId }) => topicId)),
    [[other], [ID]],
  )
})

test('an error ends the session: the next request is full again', () => {
  const session = new FetchSession()
  session.next([target(0)])
  session.accept(answer(7))
  session.next([target(0)])
  equal(session.accept(answer(0, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)), false)
  const again = session.next([target(0)])
  deepEqual([again.sessionId, again.sessionEpoch, partitions(again.changed)], [0, 0, [0]])
})

test('a broker without sessions gets full requests, and its answers by id still find their topic', () => {
  const session = new FetchSession()
  session.next([target(0)])
  equal(session.accept(answer(0)), true)
  equal(session.nameOf('', ID), 't')
  equal(session.nameOf('t', ZERO_UUID), 't')
  equal(session.nameOf('', 'AAAAAAAAAAAAAAAAAAAAAw'), undefined)
  equal(session.next([target(0)]).changed.length, 1)
})
