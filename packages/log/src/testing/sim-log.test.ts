/** One log on a simulated machine: what the tests of this package stand on. */
import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Env } from '@ottla/env'
import { baseOffset, nextOffset, readRecords, sizeInBytes } from '@ottla/protocol'
import { type CrashKind, type PowerLossMode, type SimDisk, Simulation } from '@ottla/sim'
import { SlabPool } from '@ottla/stdx'
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config.ts'
import type { LogError } from '../log-error.ts'
import { createLogResources, type LogLimits, type LogResources } from '../log-resources.ts'
import { PartitionLog } from '../partition-log.ts'
import type { AppendOptions, AppendResult, OpenLogOptions, ReadResult } from '../types.ts'
import { batchOf } from './batch-fixture.ts'

export const LOG_PATH = '/data/t-0'
const HOST = 'broker'

export interface SimLogOptions {
  readonly seed?: number | string
  readonly config?: Partial<LogConfig>
  readonly limits?: Partial<LogLimits>
}

/** A record as the tests look at it. */
export interface ReadRecord {
  readonly offset: number
  readonly value: string
}

export class SimLog {
  readonly sim: Simulation
  readonly reverted: { endOffset: number; error: LogError }[] = []
  readonly failures: LogError[] = []
  progress = 0
  config: LogConfig
  slabs = new SlabPool({ poison: true })
  resources!: LogResources
  log!: PartitionLog
  readonly #limits: Partial<LogLimits>

  constructor(options: SimLogOptions = {}) {
    this.sim = new Simulation({ seed: options.seed ?? 1 })
    this.config = { ...DEFAULT_LOG_CONFIG, ...options.config }
    this.#limits = options.limits ?? {}
  }

  get env(): Env {
    return this.sim.env(HOST)
  }

  get disk(): SimDisk {
    return this.sim.host(HOST).disk
  }

  /** Opens the log, as after an unclean stop unless told otherwise. */
  async open(options: Partial<OpenLogOptions> = {}): Promise<PartitionLog> {
    this.slabs = new SlabPool({ poison: true })
    this.resources = createLogResources(this.env, this.#limits, this.slabs)
    this.log = await PartitionLog.open({
      resources: this.resources,
      path: LOG_PATH,
      topicPartition: { topic: 't', partition: 0 },
      config: this.config,
      cleanShutdown: false,
      recoveryPoint: 0,
      ...options,
    })
    this.log.onProgress = () => this.progress++
    this.log.onReverted = (endOffset, error) => this.reverted.push({ endOffset, error })
    this.log.onFailed = (error) => this.failures.push(error)
    return this.log
  }

  /** Closes in order and opens again as after a clean stop. */
  async reopen(options: Partial<OpenLogOptions> = {}): Promise<PartitionLog> {
    await this.log.close({ clean: true })
    return this.open({ cleanShutdown: true, recoveryPoint: this.log.logEndOffset, ...options })
  }

  async crash(kind: CrashKind, mode?: PowerLossMode): Promise<void> {
    await this.sim.crash(HOST, kind, mode)
  }

  /** Appends a copy of the batch that lies in a slab, as the broker's do. */
  append(batch: Buffer, options: Partial<AppendOptions> = {}): AppendResult {
    const slice = this.slabs.allocate(batch.length)
    batch.copy(slice.buffer)
    const result = this.log.append(slice.buffer, { origin: 'client', leaderEpoch: 0, owner: slice, ...options })
    slice.release()
    return result
  }

  /** Appends one batch and expects that it is taken. */
  put(label: string, count = 1, timestampMs = 1000): void {
    equal(this.append(batchOf({ label, count, timestampMs })).kind, 'appended')
  }

  async written(): Promise<void> {
    await this.until(() => this.log.writtenEnd === this.log.logEndOffset)
  }

  /** Lets time pass until the condition holds. */
  async until(isTrue: () => boolean): Promise<void> {
    for (let tries = 0; !isTrue(); tries++) {
      ok(tries < 100_000, 'the condition came true')
      await this.sim.sleep(0.1)
    }
  }

  /** All records from `from` on that lie below `upTo`, read piece by piece. */
  async records(from = this.log.logStartOffset, upTo = Infinity, maxBytes = 4096): Promise<ReadRecord[]> {
    const found: ReadRecord[] = []
    for (let offset = from; ; ) {
      const result = await this.log.read(offset, { maxBytes, upTo, minOneBatch: true })
      ok(result.kind === 'records', `read at ${offset}: ${JSON.stringify(result)}`)
      if (result.sizeBytes === 0) return found
      found.push(...recordsOf(result).filter((record) => record.offset >= from))
      offset = result.nextOffset
      result.release()
    }
  }

  async values(from?: number, upTo?: number): Promise<string[]> {
    return (await this.records(from, upTo)).map((record) => record.value)
  }
}

/** The records of a read, whose batches must be whole and must ascend. */
export function recordsOf(result: ReadResult & { kind: 'records' }): ReadRecord[] {
  const bytes = Buffer.concat(result.buffers)
  equal(bytes.length, result.sizeBytes)
  const found: ReadRecord[] = []
  let end = -1
  for (let pos = 0; pos < bytes.length; pos += sizeInBytes(bytes, pos)) {
    ok(baseOffset(bytes, pos) >= end, 'batches ascend')
    if (end < 0) equal(baseOffset(bytes, pos), result.firstOffset)
    end = nextOffset(bytes, pos)
    for (const record of readRecords(bytes, pos)) {
      found.push({ offset: record.offset, value: record.value?.toString().replace(/\.+$/, '') ?? '' })
    }
  }
  if (end >= 0) equal(end, result.nextOffset)
  return found
}

/** A test on a simulated machine; the seed of a failed one is in its error. */
export function simTest(name: string, options: SimLogOptions, body: (log: SimLog) => Promise<void>): void {
  test(name, async () => {
    const log = new SimLog({ seed: name, ...options })
    await log.sim.run(() => body(log))
  })
}
