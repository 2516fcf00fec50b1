/** The commands of scripts that are about consumer groups; `group-script.ts` says what they look like. */
import { ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatResponse, ErrorCode, type Init } from '@ottla/protocol'
import type { Command, Form } from '../../testing/script.ts'
import type { ConsumerAnswer } from '../consumer/heartbeat.ts'
import type { GroupFixture } from './group-fixture.ts'
import { contextOf } from './group-script.ts'
import { printError } from './print.ts'

export type Answer = <T extends object>(
  who: string,
  answer: Promise<T>,
  print: (value: T) => string,
  form: Form,
) => void

interface Consumer {
  memberId: string
  epoch: number
  instanceId: string | null
  assigned: { topicId: string; partitions: number[] }[]
}

export class ConsumerCommands {
  readonly #fixture: GroupFixture
  readonly #answer: Answer
  readonly #consumers = new Map<string, Consumer>()

  constructor(fixture: GroupFixture, answer: Answer) {
    this.#fixture = fixture
    this.#answer = answer
  }

  readonly handlers: Record<string, (command: Command) => unknown> = {
    beat: (command) => this.#beat(command),
    'describe-consumer': ({ words }) => {
      const request = { groupIds: words, includeAuthorizedOperations: false }
      const answer = Promise.resolve(this.#fixture.coordinator.consumerGroupDescribe(request))
      const form = { schema: ConsumerGroupDescribeResponse, version: 1 }
      this.#answer('describe', answer, (response) => this.#printDescription(response), form)
    },
    'group-config': ({ words, options }) => {
      const values = [...options].map(([key, value]) => [key, Number(value)])
      this.#fixture.groupConfigs.set(words[0] ?? '', Object.fromEntries(values))
    },
  }

  /** What the client of that name is to the group, for commits. */
  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name)
  }

  #beat({ words, options }: Command): void {
    const [groupId = '', name = '', ...flags] = words
    const context = contextOf(name, options, 1)
    const consumer = this.#consumerOf(name)
    if (options.has('instance')) consumer.instanceId = options.get('instance') as string
    const leave = flags.includes('leave') ? -1 : flags.includes('leave-static') ? -2 : undefined
    const memberEpoch = leave ?? Number(options.get('epoch') ?? consumer.epoch)
    const isJoin = memberEpoch === 0
    const isFull = isJoin || flags.includes('full')
    const topics = options.get('topics') ?? (isFull && !options.has('regex') ? 't' : undefined)
    const request = {
      groupId,
      memberId: options.get('id') ?? consumer.memberId,
      memberEpoch,
      instanceId: consumer.instanceId,
      rackId: options.get('rack') ?? null,
      rebalanceTimeoutMs: Number(options.get('rebalance') ?? (isFull ? 60_000 : -1)),
      subscribedTopicNames: topics === undefined ? null : topics === 'none' ? [] : topics.split('+'),
      subscribedTopicRegex: options.get('regex') ?? null,
      serverAssignor: options.get('assignor') ?? null,
      topicPartitions: this.#owned(options.get('owned'), isJoin ? [] : isFull ? consumer.assigned : null),
    }
    this.#answer(
      `${name}: beat`,
      this.#fixture.coordinator.consumerGroupHeartbeat(request, context),
      (answer) => {
        this.#remember(consumer, answer)
        return this.#print(answer)
      },
      { schema: ConsumerGroupHeartbeatResponse, version: context.apiVersion },
    )
  }

  #remember(consumer: Consumer, { errorCode, memberId, memberEpoch, assignment }: ConsumerAnswer): void {
    if (errorCode !== ErrorCode.NONE) {
      if (errorCode === ErrorCode.FENCED_MEMBER_EPOCH || errorCode === ErrorCode.UNKNOWN_MEMBER_ID) consumer.epoch = 0
      return
    }
    consumer.memberId = memberId ?? ''
    consumer.epoch = Math.max(memberEpoch ?? 0, 0)
    if (assignment != null)
      consumer.assigned = (assignment.topicPartitions ?? []).map(({ topicId = '', partitions = [] }) => ({
        topicId,
        partitions: [...partitions],
      }))
  }

  #consumerOf(name: string): Consumer {
    let consumer = this.#consumers.get(name)
    if (consumer === undefined)
      this.#consumers.set(name, (consumer = { memberId: name, epoch: 0, instanceId: null, assigned: [] }))
    return consumer
  }

  #owned(text: string | undefined, otherwise: Consumer['assigned'] | null): Consumer['assigned'] | null {
    if (text === undefined) return otherwise
    if (text === 'none') return []
    const owned = new Map<string, number[]>()
    for (const each of text.split('+')) {
      const [name = '', partition] = each.split('-')
      const topicId = this.#fixture.topics.idOf(name) ?? name
      owned.set(topicId, [...(owned.get(topicId) ?? []), Number(partition)])
    }
    return [...owned].map(([topicId, partitions]) => ({ topicId, partitions }))
  }

  #print({ errorCode, errorMessage, memberId, memberEpoch, assignment }: ConsumerAnswer): string {
    if (errorCode !== ErrorCode.NONE)
      return `${printError(errorCode)}${errorMessage == null ? '' : ` "${errorMessage}"`}`
    const has = assignment == null ? '' : `, has ${this.#printPartitions(assignment.topicPartitions)}`
    return `epoch ${memberEpoch} as ${memberId}${has}`
  }

  #printPartitions(
    topics: readonly {
      readonly topicId?: string | undefined
      readonly partitions?: readonly number[] | undefined
    }[] = [],
  ): string {
    const all = topics.flatMap(({ topicId = '', partitions = [] }) =>
      partitions.map((partition) => `${this.#fixture.topics.nameOf(topicId) ?? topicId}-${partition}`),
    )
    return all.length === 0 ? 'nothing' : all.join(' ')
  }

  #printDescription({ groups = [] }: Init<typeof ConsumerGroupDescribeResponse>): string {
    return groups
      .map((group) => {
        if (group.errorCode !== ErrorCode.NONE) return `${printError(group.errorCode)} "${group.errorMessage}"`
        const { groupState, groupEpoch, assignmentEpoch, assignorName, members = [] } = group
        const each = members.map((member) => {
          const kind = member.memberType === 0 ? ' classic' : ''
          const instance = member.instanceId == null ? '' : ` instance ${member.instanceId}`
          const regex = !member.subscribedTopicRegex ? '' : ` /${member.subscribedTopicRegex}/`
          const has = this.#printPartitions(member.assignment?.topicPartitions)
          const target = this.#printPartitions(member.targetAssignment?.topicPartitions)
          const topics = member.subscribedTopicNames?.join('+')
          return `\n    ${member.memberId}${kind}${instance} epoch ${member.memberEpoch} reads ${topics}${regex} has ${has} is to have ${target}`
        })
        return `${groupState} epoch ${groupEpoch} assigned ${assignmentEpoch} by ${assignorName}${each.join('')}`
      })
      .join('; ')
  }
}
