/** A group coordinator of one partition over a log in memory, in a time that tests advance. */
import { defaultsOf, type GroupValues, groupKeys } from '@ottla/config'
import { ApiError, ConsumerProtocolSubscription, ErrorCode, encodeVersioned } from '@ottla/protocol'
import { ManualTime } from '@ottla/runtime/testing'
import { assert } from '@ottla/stdx'
import type { TopicPatterns } from '../../ports.ts'
import { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from '../group-config.ts'
import { GroupCoordinator } from '../group-coordinator.ts'
import type { GroupPartition } from '../group-partition.ts'
import type { GroupPorts } from '../group-ports.ts'
import { FakeSharePersister } from '../share/testing/fake-share-persister.ts'
import { FixedTopics } from './fixed-topics.ts'
import { MemoryLog } from './memory-log.ts'

export class GroupFixture {
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
    const say =
      (level: string) =>
      (text: string, fields: Readonly<Record<string, unknown>> = {}) =>
        this.lines.push(`${level}: ${text} ${JSON.stringify(fields)}`)
    return new GroupCoordinator({
      env: {
        clock: this.time,
        timers: this.time,
        memberIds: {
          nextSuffix: () => String(++this.#memberCount),
          nextUuid: () => `member-${++this.#uuidCount}`,
        },
        log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      },
      ...this.ports,
      share: {
        persister: this.persister,
        endOffset: async (topic, partition) => this.endOffsets.get(`${topic}-${partition}`),
      },
    })
  }

  async load(): Promise<void> {
    this.epoch += 1
    const { epoch, log } = this
    this.committedOffset = log.endOffset
    const loading = this.coordinator.load(0, epoch, {
      batches: log.batches(),
      writer: {
        append: (records, options) => {
          assert(epoch === this.epoch, 'only the leader of the present epoch writes')
          const end = log.append(records, options)
          if (this.commitsAtOnce) this.commit(end)
          return end
        },
        appendMarker: (marker) => {
          assert(epoch === this.epoch, 'only the leader of the present epoch writes')
          const end = log.appendMarker(marker)
          if (this.commitsAtOnce) this.commit(end)
          return end
        },
      },
    })
    // A long log is loaded in turns, each of which waits for a timer.
    let isLoaded = false
    void loading.finally(() => {
      isLoaded = true
    })
    while (!isLoaded) await this.turns()
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

  get partition(): GroupPartition {
    const partition = this.coordinator.inspect('any')
    assert(partition !== undefined, 'the partition is in service')
    return partition
  }

  /** Lets promises run, and what is due now. */
  async turns(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      this.time.advance(0)
      await Promise.resolve()
    }
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
