/** Records of a log that were not loaded, by reason. Few reasons are kept, as the log may hold many records of one unknown type. */
import type { CoordinatorLogger } from './ports.ts'

const REASONS_MAX = 10

export class SkippedRecords {
  readonly #reasons = new Map<string, number>()
  #count = 0

  add(reason: string): void {
    this.#count += 1
    const known = this.#reasons.get(reason)
    if (known !== undefined || this.#reasons.size < REASONS_MAX) this.#reasons.set(reason, (known ?? 0) + 1)
  }

  /** One line when there are any. */
  tell(log: CoordinatorLogger, message: string, partition: number): void {
    if (this.#count === 0) return
    log.warn(message, { partition, count: this.#count, reasons: Object.fromEntries(this.#reasons) })
  }
}
