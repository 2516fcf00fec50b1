/**
 * Sends what the writer put into the table:
 *
 *     begin ──► lock of a shard, if nobody has it ──► its oldest rows ──► sent, acknowledged ──► rows deleted ──► commit
 *
 * A relay that dies in between leaves the rows: they are sent again, with the same ids (`ottla_message-id`), by whoever gets the shard. So each message is sent at
 * least once, and by its id a consumer's dedupe makes that once. In order per key: a shard holds all rows of a key, one relay at a time works on it, and what is sent
 * again begins with the oldest that is left; so of each message the first copy comes in order.
 */
import type { Timer } from '@ottla/env'
import type { Cluster } from '../cluster/cluster.ts'
import { MESSAGE_ID } from '../dedupe/message-id.ts'
import { ArgumentError, isRetriable } from '../errors.ts'
import { inTransaction, type PostgresClient, withClient } from '../postgres/postgres-types.ts'
import { Producer } from '../producer/producer.ts'
import type { ProducerRecord } from '../producer/producer-record.ts'
import { TransactionalProducer } from '../producer/transaction/transactional-producer.ts'
import { type OutboxRelayOptions, type ResolvedOutbox, resolveOutbox } from './outbox-options.ts'

interface Row {
  readonly id: string
  readonly message_id: string
  readonly topic: string
  readonly partition: number | null
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly created_ms: number
}

interface Session {
  readonly client: PostgresClient
  /** Resolves when all are acknowledged. */
  send(records: readonly ProducerRecord[]): Promise<unknown>
  close(): Promise<void>
}

const DEFAULT_BATCH_ROWS = 500
/** What is away may be away for long. */
const FAILURES_PER_WARNING = 20
const MIN_POLL_MS = 100
const MAX_POLL_MS = 5000
/** A batch holds its shard so long at most when the brokers are away; then another relay may try. */
const DELIVERY_TIMEOUT_MS = 30_000

export class OutboxRelay<C extends PostgresClient = PostgresClient> implements AsyncDisposable {
  /** Resolves when the relay was closed; rejects with what stopped it: a message that can never be sent, a table that is not there. Wait for it, or catch it. */
  readonly closed: Promise<void>
  readonly #cluster: Cluster
  readonly #options: OutboxRelayOptions<C>
  readonly #outbox: ResolvedOutbox
  readonly #stop = new AbortController()
  #session: Session | null = null
  /** A connection of a session that is no more. */
  #lost: PostgresClient | null = null
  #isNotified = false
  #wake: () => void = () => {}
  #sent = 0

  /** Use `kafka.outboxRelay()`. @internal */
  constructor(cluster: Cluster, options: OutboxRelayOptions<C>) {
    const { batchRows = DEFAULT_BATCH_ROWS } = options
    if (!Number.isInteger(batchRows) || batchRows < 1) throw new ArgumentError('batchRows is at least 1')
    this.#cluster = cluster
    this.#options = { ...options, batchRows }
    this.#outbox = resolveOutbox(options)
    options.signal?.addEventListener('abort', () => this.#end(), { once: true, signal: this.#stop.signal })
    cluster.roles.add(this)
    if (options.signal?.aborted) this.#end()
    this.closed = this.#run()
  }

  /** Messages that were sent and whose rows are gone. */
  get sent(): number {
    return this.#sent
  }

  /** Ends after the batch that is under way. */
  async close(): Promise<void> {
    this.#end()
    await this.closed.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #end(): void {
    this.#stop.abort()
    this.#wake()
  }

  async #run(): Promise<void> {
    const { minPollMs = MIN_POLL_MS, maxPollMs = MAX_POLL_MS } = this.#options
    const { logger } = this.#cluster.env
    let waitMs = minPollMs
    let failures = 0
    try {
      while (!this.#stop.signal.aborted) {
        try {
          if (this.#session !== null && this.#session.client === this.#lost) await this.#leave()
          this.#session ??= await this.#open()
          this.#isNotified = false
          const count = await this.#round(this.#session)
          failures = 0
          waitMs = count > 0 ? minPollMs : Math.min(maxPollMs, waitMs * 2)
          if (count > 0) continue
        } catch (error) {
          if (!mayPass(error)) throw error
          if (isSessionLost(error)) await this.#leave()
          if (failures % FAILURES_PER_WARNING === 0)
            logger.warn('the outbox relay goes on trying', { table: this.#outbox.table, error })
          failures += 1
          waitMs = Math.min(maxPollMs, waitMs * 2)
        }
        await this.#wait(waitMs)
      }
    } finally {
      this.#cluster.roles.delete(this)
      await this.#leave()
    }
  }

  /** One batch of each shard that has rows and no other relay. Resolves with the number of messages. */
  async #round(session: Session): Promise<number> {
    const { quoted } = this.#outbox
    // From shard to shard by the index, however many rows each has.
    const filled = `with recursive filled(shard) as (
        (select shard from ${quoted} order by shard limit 1)
        union all
        select (select shard from ${quoted} where shard > filled.shard order by shard limit 1) from filled where shard is not null
      ) select shard from filled where shard is not null`
    const { rows } = await withClient(this.#options.pool, (client) => client.query(filled))
    const found: number[] = rows.map((row: { shard: number }) => row.shard)
    let count = 0
    // Relays that begin with different shards meet less.
    const first = this.#cluster.env.random.below(Math.max(1, found.length))
    for (const shard of [...found.slice(first), ...found.slice(0, first)]) {
      if (this.#stop.signal.aborted) break
      count += await this.#relay(shard, session)
    }
    return count
  }

  async #relay(shard: number, session: Session): Promise<number> {
    const { table, quoted } = this.#outbox
    const oldest = `select id, message_id, topic, partition, key, value, headers, extract(epoch from created_at) * 1000 as created_ms
      from ${quoted} where shard = $1 order by id limit $2`
    const count = await inTransaction<C, number>(this.#options.pool, async (client) => {
      const lock = 'select pg_try_advisory_xact_lock(hashtext($1), $2) as is_mine'
      const locked = await client.query(lock, [table, shard])
      if (locked.rows[0].is_mine !== true) return { end: 'rollback', value: 0 }
      const rows: Row[] = (await client.query(oldest, [shard, this.#options.batchRows])).rows
      if (rows.length === 0) return { end: 'rollback', value: 0 }
      await session.send(rows.map(recordOf))
      await client.query(`delete from ${quoted} where id = any($1::bigint[])`, [rows.map(({ id }) => id)])
      return { end: 'commit', value: rows.length }
    })
    this.#sent += count
    return count
  }

  /** A connection that is told of commits and holds what is this relay's alone, and a producer. */
  async #open(): Promise<Session> {
    const client = await this.#options.pool.connect()
    const { table } = this.#outbox
    client.on?.('notification', () => {
      this.#isNotified = true
      this.#wake()
    })
    // The batch under way may end all the same; another relay with this one's place would fence it.
    client.on?.('error', () => {
      this.#lost = client
      this.#wake()
    })
    try {
      await client.query(`listen "${table.replaceAll('"', '""')}"`)
      const options = { deliveryTimeoutMs: DELIVERY_TIMEOUT_MS, ...this.#options.producer }
      if (this.#options.delivery === 'idempotent') {
        const producer = new Producer(this.#cluster, options)
        this.#cluster.roles.delete(producer)
        return { client, send: (records) => producer.sendAll(records), close: () => producer.close() }
      }
      const transactionalId = `${table}-relay-${await freePlace(client, table)}`
      const producer = new TransactionalProducer(this.#cluster, { ...options, transactionalId })
      this.#cluster.roles.delete(producer)
      const send = (records: readonly ProducerRecord[]) =>
        producer.transaction((transaction) => transaction.sendAll(records))
      return { client, send, close: () => producer.close() }
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async #leave(): Promise<void> {
    const session = this.#session
    this.#session = null
    session?.client.release(true)
    await session?.close()
  }

  async #wait(waitMs: number): Promise<void> {
    if (this.#isNotified || this.#stop.signal.aborted) return
    let timer: Timer | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = this.#cluster.env.timers.after(waitMs, resolve)
    })
    timer?.cancel()
    this.#wake = () => {}
  }
}

function recordOf({ message_id, topic, partition, key, value, headers, created_ms }: Row): ProducerRecord {
  return {
    topic,
    key,
    value,
    timestamp: Math.floor(Number(created_ms)),
    headers: [
      ...headers.map(([name, text]) => ({ key: name, value: text === null ? null : Buffer.from(text, 'base64') })),
      { key: MESSAGE_ID, value: Buffer.from(message_id) },
    ],
    ...(partition === null ? {} : { partition }),
  }
}

/**
 * The lowest number that no other relay has, held as long as the connection lives. As part of the transactional id it is unique among living relays, and the one that
 * comes after a dead relay gets its number: it fences what may still be on its way, and ends the transaction that was left open.
 */
async function freePlace(client: PostgresClient, table: string): Promise<number> {
  const lock = 'select pg_try_advisory_lock(hashtext($1), $2) as is_mine'
  for (let place = 0; ; place += 1) {
    const { rows } = await client.query(lock, [`${table} relays`, place])
    if (rows[0].is_mine === true) return place
  }
}

/** The database has ended the connection, or another relay has this one's place. */
function isSessionLost(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return !isRetriable(error) || code === 'PRODUCER_FENCED'
}

/** Classes of SQLSTATE that pass: connection exceptions, a transaction that was idle for too long, serialization and deadlocks, resources, an operator's doing. */
const PASSING_SQLSTATE = /^(08|25P03|40|53|57)/
const PASSING_SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_)/

/** Another attempt may succeed: the database or the brokers are away, or another relay has the shard now. */
function mayPass(error: unknown): boolean {
  if (isRetriable(error)) return true
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (code === 'PRODUCER_FENCED') return true
  if (typeof code === 'string') return PASSING_SQLSTATE.test(code) || PASSING_SYSTEM.test(code)
  return typeof message === 'string' && /connection|terminated/i.test(message)
}
