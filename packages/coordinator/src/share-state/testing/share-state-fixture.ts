/** A share coordinator of one partition over a log in memory, in a time that tests advance. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import { ManualTime } from '@ottla/runtime/testing'
import { assert } from '@ottla/stdx'
import { MemoryLog } from '../../group/testing/memory-log.ts'
import type { TopicLookup } from '../../ports.ts'
import { defaultShareStateConfig, type ShareStateConfig } from '../share-state-config.ts'
import { ShareStateCoordinator } from '../share-state-coordinator.ts'

const ID_LENGTH = 22

/** `t` → `tAAAAAAAAAAAAAAAAAAAAA`. */
export function topicIdOf(name: string): string {
  return name.padEnd(ID_LENGTH, 'A')
}

/** Topics with four partitions each; t, u and v are there from the beginning. */
export class ShareTopics implements TopicLookup {
  readonly names = new Set(['t', 'u', 'v'])

  idOf(name: string): string | undefined {
    return this.names.has(name) ? topicIdOf(name) : undefined
  }

  nameOf(id: string): string | undefined {
    return [...this.names].find((name) => topicIdOf(name) === id)
  }

  hasPartition(name: string, partition: number): boolean {
    return this.names.has(name) && partition >= 0 && partition < 4
  }
}

export class ShareStateFixture {
  readonly time = new ManualTime()
  readonly topics = new ShareTopics()
  readonly log = new MemoryLog()
  readonly lines: string[] = []
  config: ShareStateConfig = { ...defaultShareStateConfig, stateTopicPartitions: 1 }
  coordinator: ShareStateCoordinator
  epoch = 0
  /** What was appended commits at once. */
  commitsAtOnce = true
  committedOffset = 0
  onPrune: (beforeOffset: number) => void = () => {}

  constructor() {
    this.coordinator = this.#newCoordinator()
  }

  #newCoordinator(): ShareStateCoordinator {
    const say =
      (level: string) =>
      (text: string, fields: Readonly<Record<string, unknown>> = {}) =>
        this.lines.push(`${level}: ${text} ${JSON.stringify(fields)}`)
    return new ShareStateCoordinator({
      env: {
        clock: this.time,
        timers: this.time,
        log: { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') },
      },
      config: () => this.config,
      topics: () => this.topics,
    })
  }

  /** Begins to load; what comes before the loading goes on finds the partition loading. */
  beginLoad(): Promise<unknown> {
    this.epoch += 1
    const { epoch, log } = this
    this.committedOffset = log.endOffset
    return this.coordinator.load(0, epoch, {
      batches: log.batches(),
      writer: {
        append: (records) => {
          assert(epoch === this.epoch, 'only the leader of the present epoch writes')
          const end = log.append(records)
          if (this.commitsAtOnce) this.commit(end)
          return end
        },
        deleteRecordsBefore: (offset) => {
          log.deleteRecordsBefore(offset)
          this.onPrune(offset)
        },
      },
    })
  }

  async load(): Promise<void> {
    const loading = this.beginLoad()
    await this.turns()
    assert((await loading) === 'active', 'the partition was loaded')
  }

  unload(): void {
    this.coordinator.unload(0, ++this.epoch)
  }

  /** A new process: nothing is left but the log. */
  async restart(): Promise<void> {
    this.coordinator.close()
    await this.turns()
    this.coordinator = this.#newCoordinator()
    await this.load()
  }

  commit(offset: number = this.log.endOffset): void {
    this.committedOffset = Math.max(this.committedOffset, offset)
    this.coordinator.committed(0, this.epoch, this.committedOffset)
  }

  /** The write of all that is not committed fails. */
  fail(): void {
    this.log.truncateTo(this.committedOffset)
    const error = new ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
    this.coordinator.failed(0, this.epoch, { error, logEndOffset: this.committedOffset })
  }

  /** Lets promises run, and what is due now. */
  async turns(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      this.time.advance(0)
      await Promise.resolve()
    }
  }
}
