import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { WritePace } from './write-pace.ts'
import { Writeback, type WritebackClient } from './writeback.ts'

const PACE = { syncWriteMaxBytes: 1000, slowWriteMs: 5 }

test('large writes never hold the loop, small ones do while they are quick', () => {
  const pace = new WritePace(PACE)
  equal(pace.maySync(1000, 0), true)
  equal(pace.maySync(1001, 0), false)
  pace.noteSync(0, 5)
  equal(pace.maySync(1000, 5), true)
})

test('after a slow write the loop is spared, longer each time it happens again at once', () => {
  const pace = new WritePace(PACE)
  const pauseAfterSlow = (nowMs: number): number => {
    pace.noteSync(nowMs, nowMs + 6)
    let pause = 0
    while (!pace.maySync(1, nowMs + 6 + pause)) pause++
    return pause
  }
  equal(pauseAfterSlow(0), 50)
  equal(pauseAfterSlow(56), 100)
  equal(pauseAfterSlow(162), 200)
  equal(pauseAfterSlow(500), 50, 'the disk had been quick for a while')
  let nowMs = 556
  for (let i = 0; i < 20; i++) nowMs += 6 + pauseAfterSlow(nowMs)
  equal(pauseAfterSlow(nowMs), 16_000, 'at most so long')
})

test('a disk that stays behind is tried every 16 s, and chance does not make the pauses grow', () => {
  const behind = new WritePace(PACE)
  let tried = 0
  for (let nowMs = 0; nowMs < 100_000; nowMs += 1) {
    if (!behind.maySync(1, nowMs)) continue
    tried++
    behind.noteSync(nowMs, nowMs + 6)
  }
  equal(tried, 14)
  const busy = new WritePace(PACE)
  let spared = 0
  for (let nowMs = 0; nowMs < 100_000; nowMs += 1) {
    if (!busy.maySync(1, nowMs)) spared++
    else busy.noteSync(nowMs, nowMs + (nowMs % 500 === 0 ? 6 : 0.01))
  }
  equal(spared, 200 * 55)
})

class Client implements WritebackClient {
  started = 0

  startWriteback(): void {
    this.started++
  }
}

test('a log with much unsynced is written back once, until its sync has ended', () => {
  const writeback = new Writeback({ perLogBytes: 100, totalBytes: 1000 })
  const log = new Client()
  writeback.noteWritten(log, 99)
  equal(log.started, 0)
  writeback.noteWritten(log, 1)
  writeback.noteWritten(log, 500)
  equal(log.started, 1)
  writeback.noteSynced(log, 50)
  equal(writeback.unsyncedBytes, 50)
  writeback.noteWritten(log, 60)
  equal(log.started, 2)
})

test('when all together have too much, those dirty for the longest are written back', () => {
  const writeback = new Writeback({ perLogBytes: 1000, totalBytes: 100 })
  const logs = Array.from({ length: 5 }, () => new Client())
  for (const log of logs) writeback.noteWritten(log, 30)
  deepEqual(
    logs.map((log) => log.started),
    [1, 1, 0, 0, 0],
  )
  for (const log of logs) writeback.noteSynced(log, 0)
  equal(writeback.unsyncedBytes, 0)
})
