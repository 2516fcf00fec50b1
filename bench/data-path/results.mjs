/** What has been measured so far, saved after each case, so that a bench that was cut off goes on where it was. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * samples: { [case name]: { [system]: [one object of metrics for each round] } }. A file of another plan (other rounds, other sources) is
 * not continued. Without a path nothing is saved.
 */
export class Results {
  #path
  #plan
  #samples = {}
  /** Seconds that were spent, by all runs that this one continues. */
  seconds = 0

  constructor(path, plan, { isFresh }) {
    this.#path = path
    this.#plan = plan
    if (path === null || isFresh) return
    try {
      const saved = JSON.parse(readFileSync(path, 'utf8'))
      if (saved.plan !== plan) return
      this.#samples = saved.samples
      this.seconds = saved.seconds
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
  }

  get count() {
    return Object.values(this.#samples).reduce(
      (total, systems) => total + Object.values(systems).reduce((sum, rounds) => sum + rounds.length, 0),
      0,
    )
  }

  /** Samples of one case on one system, a round each. */
  of(name, system) {
    return this.#samples[name]?.[system] ?? []
  }

  add(name, system, sample) {
    this.#samples[name] ??= {}
    this.#samples[name][system] ??= []
    this.#samples[name][system].push(sample)
  }

  /** Keeps what there is; `seconds` were spent so far. */
  save(seconds) {
    if (this.#path === null) return
    mkdirSync(dirname(this.#path), { recursive: true })
    writeFileSync(this.#path, JSON.stringify({ plan: this.#plan, seconds, samples: this.#samples }))
  }

  remove() {
    if (this.#path !== null) rmSync(this.#path, { force: true })
  }
}
