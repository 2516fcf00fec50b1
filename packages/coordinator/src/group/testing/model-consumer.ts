/** A consumer of the consumer protocol as a model: it joins, follows its assignment, confirms what it gave up, leaves, and dies. */
import { ErrorCode } from '@ottla/protocol'
import type { ConsumerAnswer } from '../consumer/heartbeat.ts'
import type { GroupFixture } from './group-fixture.ts'

type Partitions = ReadonlySet<string>

export class ModelConsumer {
  readonly group: string
  readonly name: string
  readonly instanceId: string | null
  memberId: string
  epoch = 0
  /** `t-0`, as the client believes. */
  owned: Partitions = new Set()
  topics = ['t']
  isBusy = false
  lastSeenMs = 0
  #isToConfirm = false
  #isToSubscribe = false
  #isToTellAll = false
  #incarnation = 0
  readonly #fixture: () => GroupFixture
  readonly #tell: (broken: unknown) => void

  constructor(
    { group, name, instanceId }: { group: string; name: string; instanceId: string | null },
    fixture: () => GroupFixture,
    tell: (broken: unknown) => void,
  ) {
    this.group = group
    this.name = name
    this.instanceId = instanceId
    this.memberId = `${name}.0`
    this.#fixture = fixture
    this.#tell = tell
  }

  step(): void {
    if (this.isBusy) return
    const isJoin = this.epoch === 0
    const isFull = isJoin || this.#isToTellAll
    const owned = isJoin ? [] : isFull || this.#isToConfirm ? this.#ownedByTopic() : null
    this.#send(this.epoch, {
      ...(isFull ? { rebalanceTimeoutMs: 30_000 } : {}),
      ...(isFull || this.#isToSubscribe ? { subscribedTopicNames: this.topics } : {}),
      topicPartitions: owned,
    })
    this.#isToConfirm = false
    this.#isToSubscribe = false
    this.#isToTellAll = false
  }

  change(): void {
    this.topics = this.topics.length === 1 ? ['t', 'u'] : ['t']
    this.#isToSubscribe = true
    this.step()
  }

  /** Static members go for a while. */
  leave(): void {
    if (this.isBusy || this.epoch === 0) return
    this.#send(this.instanceId === null ? -1 : -2, {})
    this.#die()
  }

  /** The process dies; the next one has another member id. */
  forget(): void {
    this.#die()
  }

  #die(): void {
    this.#incarnation += 1
    this.memberId = `${this.name}.${this.#incarnation}`
    this.#reset()
    this.isBusy = false
  }

  #reset(): void {
    this.epoch = 0
    this.owned = new Set()
    this.#isToConfirm = false
  }

  #send(memberEpoch: number, more: object): void {
    const incarnation = this.#incarnation
    this.isBusy = true
    this.lastSeenMs = this.#fixture().time.monotonic()
    const request = {
      groupId: this.group,
      memberId: this.memberId,
      memberEpoch,
      instanceId: this.instanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      ...more,
    }
    const context = { apiVersion: 1, clientId: this.name, clientHost: '/192.0.2.1' }
    this.#fixture()
      .coordinator.consumerGroupHeartbeat(request, context)
      .then((answer) => {
        if (incarnation === this.#incarnation) this.#hear(answer)
      })
      .catch(this.#tell)
  }

  #hear({ errorCode, memberEpoch = 0, assignment }: ConsumerAnswer): void {
    this.isBusy = false
    switch (errorCode) {
      case ErrorCode.NONE:
        break
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.GROUP_ID_NOT_FOUND:
        this.#reset()
        return
      case ErrorCode.FENCED_INSTANCE_ID:
        this.#die()
        return
      default:
        // Whether it was heard is not known, nor what the answer was: all is said again, and so all is told again.
        this.#isToTellAll = true
        return
    }
    if (memberEpoch < this.epoch)
      throw new Error(`the epoch of ${this.memberId} went from ${this.epoch} to ${memberEpoch}`)
    this.epoch = memberEpoch
    if (assignment == null) return
    const names = this.#fixture().topics
    this.owned = new Set(
      (assignment.topicPartitions ?? []).flatMap(({ topicId = '', partitions = [] }) =>
        partitions.map((partition) => `${names.nameOf(topicId)}-${partition}`),
      ),
    )
    this.#isToConfirm = true
  }

  #ownedByTopic(): { topicId: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>()
    for (const each of this.owned) {
      const [name = '', partition] = each.split('-')
      const topicId = this.#fixture().topics.idOf(name) ?? ''
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(partition)])
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
  }
}
