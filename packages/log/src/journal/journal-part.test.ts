/** What a log gives to its folder's journal, and what it keeps from it. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Segment } from '../segment/segment.ts'
import type { FolderJournal, JournalClient } from './journal-client.ts'
import { JournalPart } from './journal-part.ts'

class Fixture {
  readonly segment = Segment.create({ folder: '/data/t-0', baseOffset: 0, createdMs: 0, rollJitterMs: 0 })
  readonly log = { syncedEnd: 0, generation: 0, journaled: (end: number) => this.ends.push(end), failed: () => {} }
  readonly syncs = { isBehind: false, syncFiles: () => {}, proceed: () => {} }
  readonly ends: number[] = []
  readonly added: JournalClient[] = []
  readonly journal: FolderJournal = {
    takes: () => true,
    isOpen: true,
    missed: () => {},
    add: (client) => this.added.push(client),
    holds: () => false,
    fileSynced: () => {},
    forget: () => Promise.resolve(),
  }
  readonly part = new JournalPart(
    { of: this.journal, identity: { topicId: 'abcdefghijklmnopqrstuw', topic: 't', partition: 0 } },
    this.log,
    this.syncs,
  )

  constructor() {
    this.segment.isNamed = true
  }

  write(previousEnd: number): void {
    const { segment } = this
    const position = previousEnd * 10
    const nextOffset = previousEnd + 1
    this.part.hold([{ records: Buffer.alloc(10), segment, position, owner: undefined, previousEnd, nextOffset }])
  }
}

test('what follows the synced end goes into the journal in one piece, and is durable with it', () => {
  const t = new Fixture()
  t.write(0)
  equal(t.part.enter(), true)
  t.write(1)
  deepEqual(t.added, [t.part])
  const piece = t.part.takePiece()!
  deepEqual([piece.position, piece.bytes, piece.nextOffset], [0, 20, 2])
  t.part.journaled(piece)
  deepEqual(t.ends, [2])
})

test('a segment whose name is not durable, or that is removed, is no place for a piece', () => {
  for (const change of [{ isNamed: false }, { isRemoved: true }]) {
    const t = new Fixture()
    Object.assign(t.segment, change)
    t.write(0)
    equal(t.part.enter(), false)
    deepEqual(t.added, [])
  }
})

test('nothing goes there while cuts, names or files of the log are not durable, nor what became so after the journal was told', () => {
  const t = new Fixture()
  t.syncs.isBehind = true
  t.write(0)
  equal(t.part.enter(), false)
  t.syncs.isBehind = false
  equal(t.part.enter(), true)
  t.syncs.isBehind = true
  equal(t.part.takePiece(), null)
})

test('a piece says nothing of a log that was cut since it was taken', () => {
  const t = new Fixture()
  t.write(0)
  t.part.enter()
  const piece = t.part.takePiece()!
  t.log.generation++
  t.part.journaled(piece)
  deepEqual(t.ends, [])
})

test('what comes after a piece that was refused does not go there without it', () => {
  const t = new Fixture()
  t.write(0)
  t.part.enter()
  t.part.takePiece()
  t.write(1)
  t.part.refused()
  equal(t.part.enter(), false)
})
