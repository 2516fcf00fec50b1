import type { Prng } from '@ottla/stdx'

/** What a disk is asked to do, as far as faults tell things apart. */
export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'unlink'
  | 'list'
  | 'stat'
  | 'makeDirectory'
  | 'removeDirectory'
  | 'syncDirectory'

export type FaultEffect =
  /** Fails with errno's name. A failed sync leaves its data clean and lost. */
  | { readonly kind: 'error'; readonly code: string }
  /** Writes only the first bytes: a seeded number, or the given one. */
  | { readonly kind: 'short'; readonly bytes?: number }
  /** An asynchronous operation does not come back until `release`. Synchronous ones are not held. */
  | { readonly kind: 'stuck' }
  /** Takes this much longer; a synchronous operation holds its process for so long. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Says that it is done and has done nothing (write, sync). */
  | { readonly kind: 'lost' }
  /** One bit of what is read or written is turned over. */
  | { readonly kind: 'flip' }
  /** What is written lands somewhere else in the same file. */
  | { readonly kind: 'misdirect' }

export interface FaultRule {
  readonly operation: DiskOperation
  readonly effect: FaultEffect
  /** Which paths; all when absent. */
  readonly path?: (path: string) => boolean
  /** Matching operations that are let pass first. Default 0. */
  readonly skip?: number
  /** How often it strikes. Default 1; Infinity for as long as the rule stands. */
  readonly times?: number
}

/** Probabilities per operation; all 0 when absent. */
export interface FaultRates {
  readonly readError?: number
  readonly writeError?: number
  readonly syncError?: number
  readonly shortWrite?: number
  readonly readFlip?: number
  /** Asynchronous operations that take `slowMs` longer. */
  readonly slow?: number
  readonly slowMs?: number
}

/** Which operations of a disk go wrong, and how often that has happened. */
export class DiskFaults {
  rates: FaultRates = {}
  /** How often each kind of fault struck, e.g. 'sync error'. A test that wants a fault checks that it came. */
  readonly struck = new Map<string, number>()
  readonly #random: Prng
  #rules: { rule: FaultRule; skip: number; times: number }[] = []

  constructor(random: Prng) {
    this.#random = random
  }

  /** Adds a rule; the returned function takes it back. */
  inject(rule: FaultRule): () => void {
    const entry = { rule, skip: rule.skip ?? 0, times: rule.times ?? 1 }
    this.#rules.push(entry)
    return () => {
      this.#rules = this.#rules.filter((other) => other !== entry)
    }
  }

  /** No rules, no rates: the disk is sound from here on. */
  heal(): void {
    this.#rules = []
    this.rates = {}
  }

  /** The fault that strikes this operation, if any. Counts. */
  strike(operation: DiskOperation, path: string): FaultEffect | undefined {
    const effect = this.#byRule(operation, path) ?? this.#byRate(operation)
    if (effect !== undefined) {
      const name = `${operation} ${effect.kind}`
      this.struck.set(name, (this.struck.get(name) ?? 0) + 1)
    }
    return effect
  }

  #byRule(operation: DiskOperation, path: string): FaultEffect | undefined {
    for (const entry of this.#rules) {
      if (entry.times <= 0 || entry.rule.operation !== operation || entry.rule.path?.(path) === false) continue
      if (entry.skip > 0) {
        entry.skip--
        continue
      }
      entry.times--
      return entry.rule.effect
    }
    return undefined
  }

  #byRate(operation: DiskOperation): FaultEffect | undefined {
    const { readError, writeError, syncError, shortWrite, readFlip, slow, slowMs } = this.rates
    if (operation === 'read' && this.#chance(readError)) return EIO
    if (operation === 'read' && this.#chance(readFlip)) return { kind: 'flip' }
    if (operation === 'write' && this.#chance(writeError)) return EIO
    if (operation === 'write' && this.#chance(shortWrite)) return { kind: 'short' }
    if ((operation === 'sync' || operation === 'syncDirectory') && this.#chance(syncError)) return EIO
    if (this.#chance(slow)) return { kind: 'slow', ms: slowMs ?? 100 }
    return undefined
  }

  #chance(rate: number | undefined): boolean {
    return rate !== undefined && rate > 0 && this.#random.chance(rate)
  }
}

const EIO: FaultEffect = { kind: 'error', code: 'EIO' }
