import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { LongAnswers } from './long-answers.ts'

const MB = 1 << 20

/** Long answers whose turns end when the test says so. */
class World {
  readonly written: [name: string, megabytes: number][] = []
  readonly answers = new LongAnswers((fn) => this.#turns.push(fn))
  #turns: (() => void)[] = []

  /** One that asks for its next piece as soon as one is written, as a reader who takes everything at once has it. */
  add(name: string, bytes: number): void {
    let left = bytes
    const answer = {
      writePiece: (maxBytes: number): number => {
        const piece = Math.min(left, maxBytes)
        left -= piece
        this.written.push([name, piece / MB])
        if (left > 0) this.answers.add(answer)
        return piece
      },
    }
    this.answers.add(answer)
  }

  /** How many functions waited for the turn's end. */
  endTurn(): number {
    const turns = this.#turns.splice(0)
    for (const turn of turns) turn()
    return turns.length
  }

  take(): [string, number][] {
    return this.written.splice(0)
  }
}

test('answers take turns, and a turn is over when so much has left, however many there are', () => {
  const world = new World()
  for (const name of ['a', 'b', 'c']) world.add(name, 6 * MB)
  const turns = [world.take()]
  while (world.endTurn() > 0) turns.push(world.take())
  deepEqual(turns, [
    [['a', 4]],
    [
      ['a', 2],
      ['b', 2],
    ],
    [['c', 4]],
    [['b', 4]],
    [['c', 2]],
    [],
  ])
})

test('the last piece of a turn is large enough to be worth a write', () => {
  const world = new World()
  world.add('a', 4 * MB - 1)
  world.add('b', 2 * MB)
  deepEqual(world.take().at(-1), ['b', 1])
})

test('nothing is called any more when all has left', () => {
  const world = new World()
  world.add('a', 2 * MB)
  equal(world.endTurn(), 1)
  equal(world.endTurn(), 0)
  world.add('b', 3 * MB)
  deepEqual(world.take(), [
    ['a', 2],
    ['b', 3],
  ])
})
