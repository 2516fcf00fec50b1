/** A group coordinator of one partition over a log in memory, in a time that tests advance. */
import { defaultsOf, type GroupValues, groupKeys } from '@ottla/config'
import { ConsumerProtocolSubscription, encodeVersioned } from '@ottla/protocol'
import { ManualTime } from '@ottla/runtime/testing'
import { assert } from '@ottla/stdx'
import type { TopicPatterns } from '../../ports.ts'
import { type CoordinatorFixture, commit, fail, load, loggerInto, turns } from '../../testing/coordinator-fixture.ts'
import { MemoryLog } from '../../testing/memory-log.ts'
import { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from '../group-config.ts'
import { GroupCoordinator } from '../group-coordinator.ts'
import type { GroupPartition } from '../group-partition.ts'
import type { GroupPorts } from '../group-ports.ts'
import { FakeSharePersister } from '../share/testing/fake-share-persister.ts'
import { FixedTopics } from './fixed-topics.ts'

export class GroupFixture implements CoordinatorFixture {
  readonly time = new ManualTime()
  readonly topics = new FixedTopics()
  readonly log = new MemoryLog()
  readonly lines: string[] = []
  /** Settings of groups that have their own, by group id. */
  readonly groupConfigs = new Map<string, Partial<GroupValues>>()
  readonly ports: GroupPorts = {
    config: () => this.config,
    groupConfig: (groupId) => ({ ...DEFAULT_GROUP_VALUES, ...this.groupConfigs.get(groupId) }),
    topics: () => this.topics,
    patterns: () => TEST_PATTERNS,
  }
  /** Share state of the groups. */
  readonly persister = new FakeSharePersister()
  /** Ends of partitions, by `topic-partition`. */
  readonly endOffsets = new Map<string, number>()
  config: GroupCoordinatorConfig = { ...defaultGroupCoordinatorConfig, offsetsTopicPartitions: 1 }
  coordinator: GroupCoordinator
  epoch = 0
  /** What was appended commits at once. */
  commitsAtOnce = true
  committedOffset = 0
  #memberCount = 0
  #uuidCount = 0

  constructor() {
    this.coordinator = this.#newCoordinator()
  }

  #newCoordinator(): GroupCoordinator {
    return new GroupCoordinator({
      env: {
        clock: this.time,
        timers: this.time,
        memberIds: {
          nextSuffix: () => String(++this.#memberCount),
          nextUuid: () => `member-${++this.#uuidCount}`,
        },
        log: loggerInto(this.lines),
      },
      ...this.ports,
      share: {
        persister: this.persister,
        endOffset: async (topic, partition) => this.endOffsets.get(`${topic}-${partition}`),
      },
    })
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

  get partition(): GroupPartition {
    const partition = this.coordinator.inspect('any')
    assert(partition !== undefined, 'the partition is in service')
    return partition
  }

  turns(): Promise<void> {
    return turns(this.time)
  }
}

/** JavaScript's expressions stand in for RE2's. */
const TEST_PATTERNS: TopicPatterns = {
  ready: () => Promise.resolve(),
  compile: (pattern) => {
    try {
      const regex = new RegExp(`^(?:${pattern})$`)
      return { kind: 'compiled', matches: (topic) => regex.test(topic) }
    } catch (error) {
      return { kind: 'invalid', reason: (error as Error).message }
    }
  },
}

const DEFAULT_GROUP_VALUES = defaultsOf<GroupValues>(groupKeys)

/** What a consumer sends as its protocol's metadata. */
export function subscription(topics: readonly string[]): Buffer {
  return encodeVersioned(ConsumerProtocolSubscription, 1, { topics })
}
