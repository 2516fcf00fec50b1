/**
 * Writes messages into a table, within a transaction of the application: they are sent if it commits, and not if it does not. Messages of one key are sent
 * in the order in which they were written, by transactions one after the other; of two at the same time nobody can say which is first, unless they lock what they
 * are about, as an update of the same row does.
 */
import { ArgumentError } from '../errors.ts'
import type { PostgresQueryable } from '../postgres/postgres-types.ts'
import { encodeHeaders, encodeRecord, type ProducerRecord } from '../producer/producer-record.ts'
import { type OutboxOptions, outboxSchema, resolveOutbox, shardOf } from './outbox-options.ts'

/** A record as `Producer.send` takes it; its time is that of the transaction. */
// biome-ignore lint/suspicious/noExplicitAny: records of different topics may be written together
export type OutboxRecord<K = any, V = any> = Omit<ProducerRecord<K, V>, 'timestamp'>

export interface OutboxWriterOptions extends OutboxOptions {
  /**
   * Rows of a topic and key are in one shard, and a shard is relayed by one relay at a time: so many relays can work at once. The same for all who write; what was
   * written before a change and after it may be sent in any order. Default 8.
   */
  readonly shards?: number
  /**
   * Tells relays of the commit at once (NOTIFY). Default true. Commits that notify wait for each other in PostgreSQL: where very many commit at once, let the
   * relay poll.
   */
  readonly notify?: boolean
}

const DEFAULT_SHARDS = 8

/**
 * Writes messages into the outbox, in the transaction of what they tell of.
 *
 *     const outbox = new OutboxWriter()
 *     await client.query('begin')
 *     await client.query('insert into orders …')
 *     await outbox.write(client, { topic: orders, key: order.id, value: order })
 *     await client.query('commit')
 */
export class OutboxWriter {
  readonly #options: OutboxWriterOptions
  readonly #insert: string
  readonly #shards: number
  readonly #channel: string

  constructor(options: OutboxWriterOptions = {}) {
    const { quoted, table } = resolveOutbox(options)
    const { shards = DEFAULT_SHARDS } = options
    if (!Number.isInteger(shards) || shards < 1) throw new ArgumentError('shards is a whole number of at least 1')
    this.#options = options
    this.#shards = shards
    this.#channel = table
    const columns = 'shard, topic, partition, key, value, headers'
    const types = 'int[], $2::text[], $3::int[], $4::bytea[], $5::bytea[], $6::jsonb[]'
    this.#insert = `insert into ${quoted} (${columns})
      select * from unnest($1::${types}) returning message_id`
  }

  /** What makes the table, for a migration. */
  get schema(): string {
    return outboxSchema(this.#options)
  }

  async createTable(client: PostgresQueryable): Promise<void> {
    await client.query(this.schema)
  }

  /** Within the transaction that `client` is in. Resolves with the ids of the messages. Rejects with CodecError, and as the driver does. */
  async write(client: PostgresQueryable, ...records: readonly OutboxRecord[]): Promise<string[]> {
    if (records.length === 0) return []
    const rows = records.map((record) => {
      const { key, value } = encodeRecord(record as ProducerRecord)
      const topic = typeof record.topic === 'string' ? record.topic : record.topic.name
      const headers = encodeHeaders(record.headers).map((header) => [
        header.key,
        header.value?.toString('base64') ?? null,
      ])
      const { partition = null } = record
      return [shardOf(topic, key, this.#shards), topic, partition, key, value, JSON.stringify(headers)]
    })
    const columns = [0, 1, 2, 3, 4, 5].map((at) => rows.map((row) => row[at]))
    const inserted = await client.query(this.#insert, columns)
    if (this.#options.notify !== false) await client.query('select pg_notify($1, $2)', [this.#channel, ''])
    return inserted.rows.map((row: { message_id: string }) => row.message_id)
  }
}
