/**
 * What a partition leader asks the coordinator of a transaction before the first batch of it (KIP-890): whether the partition belongs to
 * it, or, for clients that no longer say so themselves, that it shall.
 *
 * Questions of one turn about one transaction are one question. A batch that comes while the question of an earlier one is under way waits
 * for the same answer, behind it: batches keep their order.
 */
import { ErrorCode } from '@ottla/protocol'
import type { Deadlines } from '../purgatory/deadlines.ts'
import type { Replica } from '../replica/replica.ts'
import type { VerificationGuard } from '../replica/verification-guards.ts'
import type { Completions } from './completions.ts'

/** 'add': the partition shall be part of the transaction (Produce v12, TxnOffsetCommit v5). 'verify': it has to be. */
export type VerificationKind = 'add' | 'verify'

/** A producer whose batch waits. */
export interface VerifiedProducer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

export interface TransactionQuestion extends VerifiedProducer {
  readonly kind: VerificationKind
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
}

export interface PartitionVerifierOptions {
  /** Asks the coordinator, here or elsewhere. Resolves with error codes in the order of the partitions. */
  readonly ask: (question: TransactionQuestion) => Promise<readonly number[]>
  readonly completions: Completions
  readonly deadlines: Deadlines
  /** add.partitions.to.txn.retry.backoff.ms, and .max.ms */
  readonly backoff: () => { readonly stepMs: number; readonly maxMs: number }
  readonly monotonicMs: () => number
}

/** A coordinator's error code, and the guard that was begun before it was asked: it has to be valid still when the batch is appended. */
export interface Verified {
  readonly errorCode: number
  readonly guard: VerificationGuard
}

type About = Omit<TransactionQuestion, 'partitions'>

/** One partition of a question, and the batches that wait for its answer. */
interface Waiting {
  readonly replica: Replica
  /** The lowest of the batches that wait. */
  sequence: number
  readonly answer: Promise<Verified>
  readonly resolve: (answer: Verified) => void
}

interface Gathered {
  readonly about: About
  readonly waiting: Waiting[]
}

export class PartitionVerifier {
  readonly #options: PartitionVerifierOptions
  /** Collected in this turn, by what they have in common. */
  #gathering = new Map<string, Gathered>()
  /** Batches behind the first one wait for its answer. */
  readonly #underWay = new WeakMap<Replica, Map<string, Waiting>>()

  constructor(options: PartitionVerifierOptions) {
    this.#options = options
  }

  /** `sequence` is that of the batch. */
  verify(replica: Replica, about: About, sequence: number): Promise<Verified> {
    const key = `${about.kind}/${about.producerId}/${about.producerEpoch}/${about.transactionalId}`
    const underWay = this.#underWay.get(replica) ?? new Map<string, Waiting>()
    this.#underWay.set(replica, underWay)
    const known = underWay.get(key)
    if (known !== undefined) {
      known.sequence = Math.min(known.sequence, sequence)
      return known.answer
    }
    let resolve: (answer: Verified) => void = () => {}
    const answer = new Promise<Verified>((fulfil) => {
      resolve = fulfil
    })
    const end = (verified: Verified): void => {
      underWay.delete(key)
      resolve(verified)
    }
    const waiting = { replica, sequence, answer, resolve: end }
    underWay.set(key, waiting)
    this.#gather(key, about, waiting)
    return answer
  }

  #gather(key: string, about: About, waiting: Waiting): void {
    if (this.#gathering.size === 0) queueMicrotask(() => this.#flush())
    const gathered = this.#gathering.get(key) ?? { about, waiting: [] }
    gathered.waiting.push(waiting)
    this.#gathering.set(key, gathered)
  }

  #flush(): void {
    const gathered = this.#gathering
    this.#gathering = new Map()
    for (const each of gathered.values()) void this.#insist(each)
  }

  /** The producer's last transaction may still be completing: that is a matter of milliseconds. */
  async #insist({ about, waiting }: Gathered): Promise<void> {
    const { completions, backoff, monotonicMs } = this.#options
    const { stepMs, maxMs } = backoff()
    const endMs = monotonicMs() + maxMs
    for (;;) {
      const change = completions.next(about.transactionalId)
      // Begun anew with each question: the marker of the transaction before is what the producer may wait for.
      const guards = waiting.map(({ replica, sequence }) => replica.guards.begin({ ...about, sequence }))
      const codes = await this.#ask(about, waiting)
      for (const [at, { replica }] of waiting.entries()) replica.guards.answered(guards[at]!)
      const leftMs = endMs - monotonicMs()
      if (leftMs > 0 && codes.includes(ErrorCode.CONCURRENT_TRANSACTIONS)) {
        await this.#either(change.happened, Math.min(stepMs, leftMs))
        change.forget()
        continue
      }
      change.forget()
      for (const [at, { resolve }] of waiting.entries()) {
        resolve({ errorCode: codes[at] ?? ErrorCode.UNKNOWN_SERVER_ERROR, guard: guards[at]! })
      }
      return
    }
  }

  async #ask(about: About, waiting: readonly Waiting[]): Promise<readonly number[]> {
    const partitions = waiting.map(({ replica: { topic, partition } }) => ({ topic, partition }))
    try {
      return await this.#options.ask({ ...about, partitions })
    } catch {
      return partitions.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
  }

  #either(happened: Promise<void>, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = this.#options.deadlines.after(delayMs, resolve)
      void happened.then(() => {
        this.#options.deadlines.cancel(deadline)
        resolve()
      })
    })
  }
}
