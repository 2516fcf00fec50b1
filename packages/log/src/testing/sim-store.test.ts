/** A log store on a simulated machine. */
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Env } from '@ottla/env'
import { type CrashKind, type PowerLossMode, type SimDisk, Simulation } from '@ottla/sim'
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config.ts'
import { createLogResources, type LogLimits, type LogResources } from '../log-resources.ts'
import { LogStore } from '../log-store.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { OpenLogStoreOptions, OpenStoredOptions } from '../store/store-types.ts'
import { batchOf } from './batch-fixture.ts'
import { recordsOf } from './sim-log.test.ts'

export const TOPIC_ID = 'abcdefghijklmnopqrstuv'

export interface SimStoreOptions {
  readonly seed?: number | string
  readonly directories?: readonly string[]
  readonly config?: Partial<LogConfig>
  readonly limits?: Partial<LogLimits>
}

export class SimStore {
  readonly sim: Simulation
  config: LogConfig
  directories: readonly string[]
  resources!: LogResources
  store!: LogStore
  readonly failedDirectories: string[] = []
  readonly #limits: Partial<LogLimits>

  constructor(options: SimStoreOptions) {
    this.sim = new Simulation({ seed: options.seed ?? 1 })
    this.config = { ...DEFAULT_LOG_CONFIG, ...options.config }
    this.directories = options.directories ?? ['/data']
    // So little that it is made at once, and written over often.
    this.#limits = { journalSegmentBytes: 20_000, journalSegments: 2, ...options.limits }
  }

  get env(): Env {
    return this.sim.env('broker')
  }

  get disk(): SimDisk {
    return this.sim.host('broker').disk
  }

  async open(options: Partial<OpenLogStoreOptions> = {}): Promise<LogStore> {
    this.resources = createLogResources(this.env, this.#limits)
    this.store = await LogStore.open({
      resources: this.resources,
      directories: this.directories,
      nodeId: 1,
      configOf: () => this.config,
      onDirectoryFailed: ({ path }) => this.failedDirectories.push(path),
      ...options,
    })
    return this.store
  }

  async restart(how: 'clean' | CrashKind, mode?: PowerLossMode): Promise<LogStore> {
    if (how === 'clean') {
      await this.store.close({ clean: true, brokerEpoch: 7 })
      await this.sim.crash('broker', 'process')
    } else await this.sim.crash('broker', how, mode)
    return this.open()
  }

  log(topic: string, partition = 0, options: Partial<OpenStoredOptions> = {}): Promise<PartitionLog> {
    return this.store.openLog({ topic, partition }, { topicId: TOPIC_ID, ...options })
  }

  async fill(log: PartitionLog, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const result = log.append(batchOf({ label: `r${log.logEndOffset}-` }), { origin: 'client', leaderEpoch: 0 })
      equal(result.kind, 'appended')
    }
    await log.flush()
    log.updateHighWatermark(log.logEndOffset)
  }

  async count(log: PartitionLog): Promise<number> {
    let count = 0
    for (let offset = log.logStartOffset; ; ) {
      const result = await log.read(offset, { maxBytes: 5000, upTo: Infinity, minOneBatch: true })
      if (result.kind !== 'records') throw new Error(result.kind)
      if (result.sizeBytes === 0) return count
      count += recordsOf(result).length
      offset = result.nextOffset
      result.release()
    }
  }
}

export function storeTest(name: string, options: SimStoreOptions, body: (store: SimStore) => Promise<void>): void {
  test(name, async () => {
    const store = new SimStore({ seed: name, ...options })
    await store.sim.run(() => body(store))
  })
}
