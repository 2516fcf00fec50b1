/**
 * What the producers of a run know of their transactions, and what a reader of committed records must therefore see: all of a transaction
 * or nothing, everywhere; all when its commit was acknowledged; nothing when no commit was ever asked for.
 */
import { Violation } from '../model/retry.ts'

/** 'unknown': a commit was asked for, and the answer never came. */
export type TransactionState = 'open' | 'committed' | 'aborted' | 'unknown'

export class ModelTransaction {
  /** Unique in the run. */
  readonly id: string
  readonly producer: string
  /** Counts the transactions of the producer from 1. */
  readonly number: number
  state: TransactionState = 'open'
  /** Acknowledged records, by partition, in order. */
  readonly records = new Map<string, string[]>()
  /** It commits an offset, its number, for the group of its producer. */
  commitsOffset = false

  constructor(producer: string, number: number) {
    this.id = `${producer}.${number}`
    this.producer = producer
    this.number = number
  }
}

/** Values of committed records, by partition, in order of their offsets. */
export type Seen = ReadonlyMap<string, readonly string[]>

export class TransactionHistory {
  readonly transactions = new Map<string, ModelTransaction>()

  begin(producer: string, number: number): ModelTransaction {
    const transaction = new ModelTransaction(producer, number)
    this.transactions.set(transaction.id, transaction)
    return transaction
  }

  /** Holds what is visible at the end, when nothing is open any more, against what is known. `offsets` by producer, -1: none. */
  check(seen: Seen, offsets: ReadonlyMap<string, number>): void {
    const byTransaction = group(seen)
    for (const id of byTransaction.keys()) {
      if (!this.transactions.has(id)) throw new Violation(`records of ${id} are visible, which never was`)
    }
    const visible = new Set<string>()
    for (const transaction of this.transactions.values()) {
      const found = byTransaction.get(transaction.id)
      if (found !== undefined) visible.add(transaction.id)
      checkOne(transaction, found)
    }
    for (const [producer, offset] of offsets) this.#checkOffset(producer, offset, visible)
  }

  /** The last offset that was committed, by a transaction whose records are visible too. */
  #checkOffset(producer: string, offset: number, visible: ReadonlySet<string>): void {
    const own = [...this.transactions.values()].filter((each) => each.producer === producer && each.commitsOffset)
    const last = own.findLast(
      (each) => each.state === 'committed' || (each.state === 'unknown' && isSeen(each, visible)),
    )
    const expected = last?.number ?? -1
    // One that has no records but its offset may have been committed or not.
    const mayBe = own.filter((each) => each.state === 'unknown' && each.records.size === 0 && each.number > expected)
    if (offset !== expected && !mayBe.some(({ number }) => number === offset)) {
      throw new Violation(`the offset of ${producer} is ${offset}, not ${expected}`)
    }
  }
}

function isSeen(transaction: ModelTransaction, visible: ReadonlySet<string>): boolean {
  return transaction.records.size > 0 && visible.has(transaction.id)
}

function checkOne({ id, state, records }: ModelTransaction, found: Map<string, string[]> | undefined): void {
  const mustBe = state === 'committed' && records.size > 0
  if (found === undefined) {
    if (mustBe) throw new Violation(`transaction ${id} was committed, and nothing of it is visible`)
    return
  }
  if (state === 'aborted' || state === 'open') throw new Violation(`transaction ${id} is ${state}, and visible`)
  for (const partition of new Set([...records.keys(), ...found.keys()])) {
    const [expected, got] = [(records.get(partition) ?? []).join(' '), (found.get(partition) ?? []).join(' ')]
    if (expected !== got) {
      throw new Violation(
        `transaction ${id} (${state}) on ${partition}: ${got || 'nothing'}; sent ${expected || 'nothing'}`,
      )
    }
  }
}

/** By transaction and partition. A value is `producer.number/index`. */
function group(seen: Seen): Map<string, Map<string, string[]>> {
  const transactions = new Map<string, Map<string, string[]>>()
  for (const [partition, values] of seen) {
    for (const value of values) {
      const id = value.slice(0, value.indexOf('/'))
      const partitions = transactions.get(id) ?? new Map<string, string[]>()
      transactions.set(id, partitions.set(partition, [...(partitions.get(partition) ?? []), value]))
    }
  }
  return transactions
}
