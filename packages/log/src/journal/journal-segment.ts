/** One file of a folder's journal while it is used: where the pass over it is, and whose records it holds. */
import type { FileHandle } from '@ottla/env'
import type { JournalClient } from './journal-client.ts'

interface Pin {
  readonly client: JournalClient
  readonly end: number
}

export class JournalSegment {
  readonly handle: FileHandle
  readonly sizeBytes: number
  generation: Buffer = Buffer.alloc(0)
  position = 0
  /** Logs whose records in this pass are not in their own files yet, with where those end. */
  readonly #pins = new Map<string, Pin>()
  /** Logs that have records in this pass at all. */
  readonly #keys = new Set<string>()

  constructor(handle: FileHandle, sizeBytes: number) {
    this.handle = handle
    this.sizeBytes = sizeBytes
  }

  get roomBytes(): number {
    return this.sizeBytes - this.position
  }

  /** Everything in it is in the logs' own files too. */
  get isFree(): boolean {
    return this.#pins.size === 0
  }

  get isUsed(): boolean {
    return this.position > 0
  }

  begin(generation: Buffer): void {
    this.generation = generation
    this.position = 0
    this.#keys.clear()
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  note(client: JournalClient, end: number): void {
    this.#keys.add(client.key)
    this.#pins.set(client.key, { client, end })
  }

  /** All of the log below `end` is in its own file. */
  fileSynced(key: string, end: number): void {
    const pin = this.#pins.get(key)
    if (pin !== undefined && pin.end <= end) this.#pins.delete(key)
  }

  /** What it holds of the log does not count any more. */
  unpin(key: string): void {
    this.#pins.delete(key)
  }

  pinned(): JournalClient[] {
    return [...this.#pins.values()].map(({ client }) => client)
  }
}
