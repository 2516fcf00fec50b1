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

/** The answer to one partition of a question. */
interface Waiting {
  readonly topic: string
  readonly partition: number
  readonly resolve: (errorCode: number) => void
}

export class PartitionVerifier {
  readonly #options: PartitionVerifierOptions
  /** Collected in this turn, by what they have in common. */
  #gathering = new Map<
    string,
    { readonly question: Omit<TransactionQuestion, 'partitions'>; readonly waiting: Waiting[] }
  >()
  /** The answer that batches behind the first one wait for too. */
  readonly #underWay = new WeakMap<VerificationGuard, Map<VerificationKind, Promise<number>>>()

  constructor(options: PartitionVerifierOptions) {
    this.#options = options
  }

  /** Resolves with the coordinator's error code. The guard has to be valid still when the batch is appended. */
  verify(
    replica: Replica,
    guard: VerificationGuard,
    question: VerifiedProducer & { readonly kind: VerificationKind },
  ): Promise<number> {
    const byKind = this.#underWay.get(guard) ?? new Map<VerificationKind, Promise<number>>()
    this.#underWay.set(guard, byKind)
    let answer = byKind.get(question.kind)
    if (answer === undefined) {
      answer = new Promise<number>((resolve) => this.#gather(replica, question, resolve)).finally(() =>
        byKind.delete(question.kind),
      )
      byKind.set(question.kind, answer)
    }
    return answer.finally(() => replica.guards.answered(guard))
  }

  #gather(
    { topic, partition }: Replica,
    { transactionalId, producerId, producerEpoch, kind }: Omit<TransactionQuestion, 'partitions'>,
    resolve: (errorCode: number) => void,
  ): void {
    const key = `${kind}/${producerId}/${producerEpoch}/${transactionalId}`
    if (this.#gathering.size === 0) queueMicrotask(() => this.#flush())
    let gathered = this.#gathering.get(key)
    if (gathered === undefined) {
      gathered = { question: { transactionalId, producerId, producerEpoch, kind }, waiting: [] }
      this.#gathering.set(key, gathered)
    }
    gathered.waiting.push({ topic, partition, resolve })
  }

  #flush(): void {
    const gathered = this.#gathering
    this.#gathering = new Map()
    for (const { question, waiting } of gathered.values()) void this.#ask(question, waiting)
  }

  async #ask(about: Omit<TransactionQuestion, 'partitions'>, waiting: readonly Waiting[]): Promise<void> {
    const question = { ...about, partitions: waiting.map(({ topic, partition }) => ({ topic, partition })) }
    try {
      const codes = await this.#insist(question)
      for (const [at, { resolve }] of waiting.entries()) resolve(codes[at] ?? ErrorCode.UNKNOWN_SERVER_ERROR)
    } catch {
      for (const { resolve } of waiting) resolve(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
  }

  /** The producer's last transaction may still be completing: that is a matter of milliseconds. */
  async #insist(question: TransactionQuestion): Promise<readonly number[]> {
    const { ask, completions, backoff, monotonicMs } = this.#options
    const { stepMs, maxMs } = backoff()
    const endMs = monotonicMs() + maxMs
    for (;;) {
      const change = completions.next(question.transactionalId)
      const codes = await ask(question)
      const leftMs = endMs - monotonicMs()
      if (leftMs <= 0 || !codes.includes(ErrorCode.CONCURRENT_TRANSACTIONS)) {
        change.forget()
        return codes
      }
      await this.#either(change.happened, Math.min(stepMs, leftMs))
      change.forget()
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
