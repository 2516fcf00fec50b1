/** What the writer and the relay of an outbox are told, and the table between them. */
import { partitionForKey } from '@ottla/protocol'
import type { PostgresClient, PostgresPool } from '../postgres/postgres-types.ts'
import { quotedName } from '../postgres/postgres-types.ts'
import type { ProducerOptions } from '../producer/producer-options.ts'

export interface OutboxOptions {
  /** Default: `ottla_outbox`. May name a schema: `messaging.outbox`. */
  readonly table?: string
}

/** Times are in milliseconds. */
export interface OutboxRelayOptions<C extends PostgresClient> extends OutboxOptions {
  readonly pool: PostgresPool<C>
  /** Rows of one transaction. Default 500. */
  readonly batchRows?: number
  /** While there is nothing to do the table is looked at after this; the wait doubles up to `maxPollMs`. Default 100. */
  readonly minPollMs?: number
  /** Default 5,000. A notification of the writer ends the wait. */
  readonly maxPollMs?: number
  /**
   * `transactional` (the default): the records of a batch are seen together by readers with read_committed, in order even when some cannot be written at first.
   * `idempotent`: each for itself.
   */
  readonly delivery?: 'transactional' | 'idempotent'
  readonly producer?: Omit<ProducerOptions, 'acks' | 'isIdempotent'>
  /** Ends the relay after the batch that is under way. */
  readonly signal?: AbortSignal
}

export interface ResolvedOutbox {
  readonly table: string
  readonly quoted: string
}

const DEFAULT_TABLE = 'ottla_outbox'

export function resolveOutbox({ table = DEFAULT_TABLE }: OutboxOptions): ResolvedOutbox {
  return { table, quoted: quotedName(table) }
}

/** Which shard the rows of a key are in; those without a key go by their topic. */
export function shardOf(topic: string, key: Buffer | null, shards: number): number {
  const bytes = Buffer.from(topic)
  return partitionForKey(key === null ? bytes : Buffer.concat([bytes, Buffer.of(0), key]), shards)
}

/** What makes the table. Can be run again. */
export function outboxSchema(options: OutboxOptions = {}): string {
  const { table, quoted } = resolveOutbox(options)
  const index = quotedName(`${table.split('.').at(-1)}_shard`)
  return `create table if not exists ${quoted} (
  id bigint generated always as identity primary key,
  message_id uuid not null default gen_random_uuid(),
  shard integer not null,
  topic text not null,
  partition integer,
  key bytea,
  value bytea,
  headers jsonb not null default '[]',
  created_at timestamptz not null default now()
);
create index if not exists ${index} on ${quoted} (shard, id);
`
}
