/** A log that is compacted, beside a model of what a consumer must see of it. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchBuilder,
  baseOffset,
  type CompressionType,
  ControlRecordType,
  controlRecordTypeOf,
  isControl,
  isTransactional,
  nextOffset,
  producerId,
  RecordCursor,
  readCursorHeaders,
  sizeInBytes,
} from '@ottla/protocol'
import type { CleaningOptions, CleaningResult } from '../cleaner/log-cleaning.ts'
import { ByteRate } from '../cleaner/work-slices.ts'
import type { PartitionLog } from '../partition-log.ts'
import { markerOf } from './batch-fixture.ts'
import { SimLog, type SimLogOptions } from './sim-log.test.ts'

export interface PutRecord {
  readonly key: string | null
  /** Null: a tombstone. */
  readonly value: string | null
}

export interface PutOptions {
  /** An idempotent producer; its sequences go on by themselves. */
  readonly producerId?: number
  readonly transactional?: boolean
  readonly compression?: CompressionType
  readonly timestampMs?: number
}

export interface SeenRecord extends PutRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly header: string
}

interface ModelRecord extends SeenRecord {
  /** Undefined for a record outside of transactions. */
  readonly transaction: { outcome: 'open' | 'commit' | 'abort' } | undefined
}

export class CompactedLog extends SimLog {
  readonly model: ModelRecord[] = []
  /** Where the last cleaning ended. */
  checkpoint: number | undefined
  readonly #sequences = new Map<number, number>()
  readonly #open = new Map<number, { outcome: 'open' | 'commit' | 'abort' }>()

  constructor(options: SimLogOptions = {}) {
    super({ ...options, config: { cleanupCompact: true, cleanupDelete: false, ...options.config } })
  }

  isOpen(id: number): boolean {
    return this.#open.has(id)
  }

  /** Appends one batch; a key is 'k' in bytes. */
  keyed(records: readonly PutRecord[], options: PutOptions = {}): void {
    const { producerId: id, transactional = false, compression = 0, timestampMs = this.env.clock.now() } = options
    const sequence = id === undefined ? -1 : (this.#sequences.get(id) ?? 0)
    const builder = new BatchBuilder({
      compression,
      transactional,
      ...(id === undefined ? {} : { producerId: id, producerEpoch: 0, baseSequence: sequence }),
    })
    for (const { key, value } of records) {
      builder.append({ key, value, timestamp: timestampMs, headers: [{ key: 'h', value: `of ${value}` }] })
    }
    const base = this.log.logEndOffset
    const result = this.append(builder.build())
    equal(result.kind, 'appended', JSON.stringify(result))
    if (id !== undefined) this.#sequences.set(id, sequence + records.length)
    let transaction: ModelRecord['transaction']
    if (transactional) {
      transaction = this.#open.get(id!) ?? { outcome: 'open' }
      this.#open.set(id!, transaction)
    }
    records.forEach((record, i) => {
      this.model.push({ ...record, offset: base + i, timestampMs, header: `of ${record.value}`, transaction })
    })
  }

  end(id: number, outcome: 'commit' | 'abort'): void {
    const result = this.append(markerOf({ producerId: id, outcome, timestampMs: this.env.clock.now() }), {
      origin: 'coordinator',
    })
    equal(result.kind, 'appended')
    const transaction = this.#open.get(id)
    if (transaction !== undefined) transaction.outcome = outcome
    this.#open.delete(id)
  }

  /** Everything is written, synced and visible. */
  async settle(): Promise<void> {
    await this.log.flush()
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  /** Rolls, so that all that is decided can be cleaned. */
  async rolled(): Promise<void> {
    await this.settle()
    this.log.roll()
    await this.log.flush()
  }

  async clean(options: Partial<CleaningOptions> = {}): Promise<CleaningResult | null> {
    const result = await this.log.cleaning.run({
      checkpoint: this.checkpoint,
      nowMs: this.env.clock.now(),
      mapBytes: 1 << 16,
      mapLoadFactor: 0.9,
      bufferBytes: 4096,
      rate: new ByteRate(() => Infinity),
      ...options,
    })
    if (result !== null) this.checkpoint = result.endOffset
    return result
  }

  /** What a consumer with read_committed must know of each key in the end. */
  expected(upTo = this.log.lastStableOffset): Map<string, string> {
    const state = new Map<string, string>()
    for (const { key, value, offset, transaction } of this.model) {
      if (offset >= upTo || key === null) continue
      if (transaction !== undefined && transaction.outcome !== 'commit') continue
      if (value === null) state.delete(key)
      else state.set(key, value)
    }
    return state
  }

  /** Reads as such a consumer and holds what it saw against the model. */
  async verify(): Promise<SeenRecord[]> {
    const seen = await this.scan()
    const state = new Map<string, string>()
    for (const { key, value } of seen) {
      if (key === null) continue
      if (value === null) state.delete(key)
      else state.set(key, value)
    }
    const sorted = (map: Map<string, string>): [string, string][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
    deepEqual(sorted(state), sorted(this.expected()))
    return seen
  }

  /** Reads as such a consumer: what it sees was written so, at these offsets. */
  async scan(): Promise<SeenRecord[]> {
    const seen = await readCommitted(this.log)
    let last = -1
    for (const record of seen) {
      ok(record.offset > last, 'offsets ascend')
      last = record.offset
      const written = this.model.find(({ offset }) => offset === record.offset)
      ok(written !== undefined, `offset ${record.offset} was written`)
      const { transaction, ...content } = written
      deepEqual(record, content)
      ok(transaction === undefined || transaction.outcome === 'commit', `offset ${record.offset} was committed`)
    }
    return seen
  }
}

/** The records that a consumer with read_committed gets, by the rules of the clients. */
export async function readCommitted(log: PartitionLog, from = log.logStartOffset): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = []
  const upTo = log.lastStableOffset
  for (let offset = from; ; ) {
    const result = await log.read(offset, { maxBytes: 2000, upTo, minOneBatch: true })
    ok(result.kind === 'records', JSON.stringify(result))
    if (result.sizeBytes === 0) return seen.filter((record) => record.offset >= from)
    const bytes = Buffer.concat(result.buffers)
    const coming = [...(await log.abortedTransactions(offset, result.nextOffset))]
    coming.sort((a, b) => a.firstOffset - b.firstOffset)
    const aborted = new Set<number>()
    let end = -1
    for (let pos = 0; pos < bytes.length; pos += sizeInBytes(bytes, pos)) {
      ok(baseOffset(bytes, pos) >= end, 'batches ascend')
      end = nextOffset(bytes, pos)
      while (coming[0] !== undefined && coming[0].firstOffset < end) aborted.add(coming.shift()!.producerId)
      collect(bytes, pos, aborted, seen)
    }
    offset = result.nextOffset
    result.release()
  }
}

function collect(bytes: Buffer, pos: number, aborted: Set<number>, seen: SeenRecord[]): void {
  const cursor = new RecordCursor(bytes, pos)
  const id = producerId(bytes, pos)
  if (isControl(bytes, pos)) {
    if (cursor.next() && controlRecordTypeOf(cursor.key) === ControlRecordType.abort) aborted.delete(id)
    return
  }
  if (isTransactional(bytes, pos) && aborted.has(id)) return
  while (cursor.next()) {
    seen.push({
      key: cursor.key?.toString() ?? null,
      value: cursor.value?.toString() ?? null,
      offset: cursor.offset,
      timestampMs: cursor.timestamp,
      header: readCursorHeaders(cursor)
        .map(({ value }) => value?.toString())
        .join(),
    })
  }
}

export function compactionTest(name: string, options: SimLogOptions, body: (log: CompactedLog) => Promise<void>): void {
  test(name, async () => {
    const log = new CompactedLog({ seed: name, ...options })
    await log.sim.run(() => body(log))
  })
}
