import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { OpenTurns } from './open-turns.ts'

/** Work that is begun in turns and ends when it is told. */
class Openings {
  readonly begun: string[] = []
  readonly #ends: (() => void)[] = []
  readonly #turns = new OpenTurns()

  ask(topic: string, count: number): void {
    for (let partition = 0; partition < count; partition++) {
      void this.#turns.run(topic, () => {
        this.begun.push(`${topic}-${partition}`)
        return new Promise((resolve) => this.#ends.push(resolve))
      })
    }
  }

  async endOldest(): Promise<void> {
    this.#ends.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('so many logs are opened at a time, and each that is done lets the next one begin', async () => {
  const openings = new Openings()
  openings.ask('a', 100)
  equal(openings.begun.length, 32)
  await openings.endOldest()
  deepEqual(openings.begun.slice(32), ['a-32'])
})

test('who needs a log of another topic waits for one that is opened already, not for all that came before', async () => {
  const openings = new Openings()
  openings.ask('a', 100)
  openings.ask('b', 2)
  for (let n = 0; n < 5; n++) await openings.endOldest()
  deepEqual(openings.begun.slice(32), ['a-32', 'b-0', 'a-33', 'b-1', 'a-34'])
})

test('places are free again when nobody waits', async () => {
  const openings = new Openings()
  openings.ask('a', 33)
  for (let n = 0; n < 33; n++) await openings.endOldest()
  openings.ask('b', 40)
  equal(openings.begun.length, 33 + 32)
})
