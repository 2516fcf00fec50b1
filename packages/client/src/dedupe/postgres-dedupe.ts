/**
 * Each message has its effect once: its mark is written in the transaction that has the effect, so both are there or neither is, whenever the process dies. A
 * message that comes again while the first is worked on waits for it in the database, and then finds its mark, or, if it failed, no mark.
 *
 *     begin ──► insert the mark ──► there already? rollback, done
 *                    │ no
 *                    └──► handler, on the same connection ──► commit ──► the runner commits the offset
 */
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { RecordHandler, RunContext } from '../consumer/runner/run-options.ts'
import { ArgumentError } from '../errors.ts'
import {
  inTransaction,
  type PostgresClient,
  type PostgresPool,
  quotedName,
  withClient,
} from '../postgres/postgres-types.ts'
import { messageIdOf } from './message-id.ts'

export interface PostgresDedupeOptions<C extends PostgresClient> {
  readonly pool: PostgresPool<C>
  /** Who works on the messages: others have marks of their own. Usually the group id. */
  readonly consumer: string
  /** Default: `ottla_processed`. May name a schema: `messaging.processed`. */
  readonly table?: string
  /** By what a message is known again. Default: see `messageIdOf`. */
  readonly id?: (record: ConsumerRecord<unknown, unknown>) => string
}

export interface DedupeContext<C> extends RunContext {
  /** In the transaction of the mark: what is to happen once happens here. Begins and ends without the handler's doing. */
  readonly client: C
}

export type DedupeHandler<K, V, C> = (record: ConsumerRecord<K, V>, context: DedupeContext<C>) => Promise<unknown>

export type Once<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'duplicate' }

const CLEAN_UP_ROWS = 1000
const DEFAULT_TABLE = 'ottla_processed'

/**
 * Lets a message have its effect once: its mark is written in the transaction of the effect.
 *
 *     const dedupe = new PostgresDedupe({ pool, consumer: 'billing' })
 *     await dedupe.createTable()
 *     await consumer.run(dedupe.handler(async ({ value }, { client }) => {
 *       await client.query('update accounts set balance = balance - $1 where id = $2', [value.amount, value.account])
 *     }))
 */
export class PostgresDedupe<C extends PostgresClient = PostgresClient> {
  readonly #options: PostgresDedupeOptions<C>
  readonly #table: string
  #duplicates = 0

  constructor(options: PostgresDedupeOptions<C>) {
    if (options.consumer === '') throw new ArgumentError('a consumer has a name of at least one character')
    this.#options = options
    this.#table = options.table ?? DEFAULT_TABLE
  }

  /** Messages that came again and had no effect. */
  get duplicates(): number {
    return this.#duplicates
  }

  /** What makes the table, for a migration. Can be run again. */
  get schema(): string {
    const index = quotedName(`${this.#table.split('.').at(-1)}_processed_at`)
    return `create table if not exists ${quotedName(this.#table)} (
  consumer text not null,
  message_id text not null,
  processed_at timestamptz not null default now(),
  primary key (consumer, message_id)
);
create index if not exists ${index} on ${quotedName(this.#table)} (consumer, processed_at);
`
  }

  async createTable(): Promise<void> {
    await withClient(this.#options.pool, (client) => client.query(this.schema))
  }

  /** Wraps a handler for `Consumer.run`. What it throws rolls back effect and mark. */
  handler<K, V>(handler: DedupeHandler<K, V, C>): RecordHandler<K, V> {
    const { id = messageIdOf } = this.#options
    return async (record, context) => {
      await this.once(id(record), (client) => handler(record, { ...context, client }))
    }
  }

  /** Runs the work in the transaction of the mark, unless the mark is there. */
  async once<T>(messageId: string, work: (client: C) => Promise<T>): Promise<Once<T>> {
    const { pool, consumer } = this.#options
    const mark = `insert into ${quotedName(this.#table)} (consumer, message_id) values ($1, $2) on conflict do nothing`
    const once = await inTransaction<C, Once<T>>(pool, async (client) => {
      const { rowCount } = await client.query(mark, [consumer, messageId])
      if (rowCount === 0) return { end: 'rollback', value: { kind: 'duplicate' } }
      return { end: 'commit', value: { kind: 'done', value: await work(client) } }
    })
    if (once.kind === 'duplicate') this.#duplicates += 1
    return once
  }

  /** Forgets messages that were done longer ago; what comes again after that has its effect again. Resolves with their number. In small transactions. */
  async cleanUp(options: { readonly olderThanMs: number; readonly signal?: AbortSignal }): Promise<number> {
    const { pool, consumer } = this.#options
    const table = quotedName(this.#table)
    const old = `select consumer, message_id from ${table}
      where consumer = $1 and processed_at < now() - $2 * interval '1 millisecond'
      order by processed_at limit ${CLEAN_UP_ROWS} for update skip locked`
    let count = 0
    for (;;) {
      options.signal?.throwIfAborted()
      const values = [consumer, options.olderThanMs]
      const statement = `delete from ${table} where (consumer, message_id) in (${old})`
      const { rowCount } = await withClient(pool, (client) => client.query(statement, values))
      count += rowCount ?? 0
      if ((rowCount ?? 0) < CLEAN_UP_ROWS) return count
    }
  }
}
