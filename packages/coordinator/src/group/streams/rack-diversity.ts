/**
 * Where the standby tasks of a task go when client tags say where processes run (`rack.aware.assignment.tags`): each next one to a
 * process whose tags differ most from those that have the task already. The order of the tags is their weight. A tag for which no
 * process has a new value is given up for this task; when all are, tags have no more to say.
 */

export interface TaggedProcess {
  readonly tags: ReadonlyMap<string, string>
}

export class RackDiversity<P extends TaggedProcess> {
  readonly #keys: readonly string[]
  readonly #used: readonly Set<string>[]
  /** Tags before this one are given up. */
  #keyIndex = 0

  /** Of one task, which `holder` has. */
  constructor(keys: readonly string[], holder: P) {
    this.#keys = keys
    this.#used = keys.map(() => new Set())
    this.use(holder)
  }

  /** The process has the task now. */
  use(process: P): void {
    this.#keys.forEach((key, index) => {
      const value = process.tags.get(key)
      if (value !== undefined) this.#used[index]?.add(value)
    })
  }

  /** Those of the processes that make the task most diverse; none when no one makes it more so. */
  best(processes: readonly P[]): P[] {
    while (this.#keyIndex < this.#keys.length) {
      const able = processes.filter((process) => this.#isNew(process, this.#keyIndex))
      if (able.length > 0) return this.#mostDiverse(able)
      this.#keyIndex += 1
    }
    return []
  }

  #mostDiverse(processes: readonly P[]): P[] {
    let best = [...processes]
    for (let index = this.#keyIndex + 1; index < this.#keys.length && best.length > 1; index++) {
      const more = best.filter((process) => this.#isNew(process, index))
      if (more.length > 0) best = more
    }
    return best
  }

  #isNew(process: P, index: number): boolean {
    const value = process.tags.get(this.#keys[index] as string)
    return value !== undefined && this.#used[index]?.has(value) === false
  }
}
