/** Work on folders, one at a time for each folder and in the order in which it was asked for: a topic may come again while its folder is still going. */
export class FolderQueue {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` after all earlier work on the same folder. `work` handles its own failures. */
  run(folder: string, work: () => Promise<void>): void {
    const before = this.#last.get(folder)
    const done = before === undefined ? work() : before.then(work)
    this.#last.set(folder, done)
    void done.finally(() => {
      if (this.#last.get(folder) === done) this.#last.delete(folder)
    })
  }

  /** Waits until no work is left. */
  async settle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values())
  }
}
