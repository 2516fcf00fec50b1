/** What has been measured so far, saved after each case, so that a bench that was cut off goes on where it was. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * samples: { [case name]: { [system]: [one object of metrics for each round] } }. A file of another plan (other rounds, another form, other
 * sources) is not continued.
 */
export class Results {
  #path
  #plan
  #samples = {}

  constructor(path, plan, { isFresh }) {
    this.#path = path
    this.#plan = plan
    if (isFresh) rmSync(path, { force: true })
    try {
      const saved = JSON.parse(readFileSync(path, 'utf8'))
      if (saved.plan === plan) this.#samples = saved.samples
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
    mkdirSync(dirname(this.#path), { recursive: true })
    writeFileSync(this.#path, JSON.stringify({ plan: this.#plan, samples: this.#samples }))
  }

  remove() {
    rmSync(this.#path, { force: true })
  }
}
