import { ManualTime } from '@ottla/runtime/testing'
import type { TopicLookup } from '../../ports.ts'
import {
  beginLoad,
  type CoordinatorFixture,
  commit,
  fail,
  load,
  loggerInto,
  turns,
} from '../../testing/coordinator-fixture.ts'
import { MemoryLog } from '../../testing/memory-log.ts'
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

export class ShareStateFixture implements CoordinatorFixture {
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

  constructor() {
    this.coordinator = this.#newCoordinator()
  }

  #newCoordinator(): ShareStateCoordinator {
    return new ShareStateCoordinator({
      env: {
        clock: this.time,
        timers: this.time,
        log: loggerInto(this.lines),
      },
      config: () => this.config,
      topics: () => this.topics,
    })
  }

  /** Begins to load; what comes before the loading goes on finds the partition loading. */
  beginLoad(): Promise<unknown> {
    return beginLoad(this)
  }

  load(): Promise<void> {
    return load(this)
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
    commit(this, offset)
  }

  /** The write of all that is not committed fails. */
  fail(): void {
    fail(this)
  }

  turns(): Promise<void> {
    return turns(this.time)
  }
}
