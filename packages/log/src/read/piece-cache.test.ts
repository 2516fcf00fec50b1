import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { SlabPool } from '@ottla/stdx'
import { type Piece, PieceCache, type PiecePlace } from './piece-cache.ts'

class World {
  readonly slabs = new SlabPool({ slabBytes: 64, poison: true })
  readonly reads: number[] = []
  nowMs = 0
  readonly cache = new PieceCache({ capacityBytes: 300, monotonic: () => this.nowMs })

  at(position: number, bytes = 100): PiecePlace {
    return { path: '/data/t-0/0.log', position, bytes }
  }

  read({ position, bytes }: PiecePlace): () => Promise<Piece> {
    return async () => {
      this.reads.push(position)
      const slice = this.slabs.allocate(bytes)
      return { position, bytes: slice.buffer, slice }
    }
  }

  ahead(position: number, bytes = 100): void {
    const place = this.at(position, bytes)
    this.cache.readAhead(place, this.read(place))
  }

  /** What reading there gets from memory, released. */
  async take(position: number, use: 'once' | 'shared' = 'once', bytes = 100): Promise<'found' | 'none'> {
    const piece = await this.cache.take(this.at(position, bytes), use)
    piece?.slice.release()
    return piece === undefined || piece === null ? 'none' : 'found'
  }
}

test('a piece that was read ahead is had once', async () => {
  const world = new World()
  world.ahead(0)
  world.ahead(0)
  equal(await world.take(0), 'found')
  equal(await world.take(0), 'none')
  deepEqual(world.reads, [0])
  equal(world.cache.usedBytes, 0)
  equal(world.slabs.counters.inUseBytes, 0)
})

test('what is full reads no further ahead: nothing that is waited for is pushed out', async () => {
  const world = new World()
  for (const position of [0, 100, 200, 300]) world.ahead(position)
  deepEqual(world.reads, [0, 100, 200])
  equal(await world.take(0), 'found')
  world.ahead(300)
  deepEqual(world.reads, [0, 100, 200, 300])
})

test('a piece that nobody came for leaves for another', async () => {
  const world = new World()
  for (const position of [0, 100, 200]) world.ahead(position)
  world.nowMs = 2000
  world.ahead(300)
  equal(await world.take(0), 'none')
  equal(await world.take(100), 'found')
  equal(await world.take(300), 'found')
})

test('readers on the same way share a piece, read ahead or not, until its room is needed', async () => {
  const world = new World()
  world.ahead(0)
  equal(await world.take(0, 'shared'), 'found')
  equal(await world.take(0, 'shared'), 'found')
  const place = world.at(100)
  const [one, two] = [world.cache.readShared(place, world.read(place)), world.cache.take(place, 'shared')]
  for (const piece of [await one, await two]) piece?.slice.release()
  deepEqual(world.reads, [0, 100])
  world.ahead(200)
  world.ahead(300)
  equal(await world.take(0, 'shared'), 'none', 'the oldest that was used has left')
  equal(await world.take(100, 'shared'), 'found')
})

test('a piece that is too short for what is asked is none', async () => {
  const world = new World()
  world.ahead(0, 50)
  equal(await world.take(0, 'once', 51), 'none')
  equal(world.cache.usedBytes, 0)
})

test('a failed read is none, and a folder that is forgotten gives its memory back', async () => {
  const world = new World()
  world.cache.readAhead(world.at(0), () => Promise.reject(new Error('EIO')))
  equal(await world.take(0), 'none')
  world.ahead(100)
  world.cache.forget('/data/t-0')
  equal(await world.take(100), 'none')
  equal(world.cache.usedBytes, 0)
  await new Promise((resolve) => setImmediate(resolve))
  equal(world.slabs.counters.inUseBytes, 0)
})

test('what nobody came for in time goes though there is room, and its memory with it', async () => {
  const world = new World()
  world.ahead(0)
  world.nowMs = 1500
  world.ahead(100)
  world.nowMs = 2000
  world.cache.dropAbandoned()
  equal(world.cache.usedBytes, 100)
  equal(await world.take(0), 'none')
  equal(await world.take(100), 'found')
  equal(world.slabs.counters.inUseBytes, 0)
})
