/**
 * Scripts for share groups: commands in, the whole trace out.
 *
 *     == a case begins with nothing
 *     > join g a t,u
 *     append: member g/a [t u]              a record that was written
 *     initialize g:t-0@1 …                  what the share coordinator is asked for
 *     a: epoch 2 every 5000 [t-0 t-1]       an answer; no brackets: the assignment is as the member knows it
 *
 * Members remember the epoch that they were told; `epoch=` sends another.
 *
 *     join G M TOPICS [rack=R]   beat G M [TOPICS] [epoch=N] [rack=R]   leave G M   raw [group=G] [member=M] [epoch=N] [topics=T]
 *     describe G …   list   delete G …   offsets G [t-0 …]   alter G t-0=5 …   delete-offsets G TOPIC …
 *     topic NAME [id=X] [partitions=N] | drop TOPIC   end t-0=N
 *     persister hold | release | error ERROR [g:t-0] | ok | lose   (lose: the share coordinator has forgotten everything)
 *     other G   (there is a consumer group of that name)   advance MS   hold | commit-log | fail (of what is written)   refuse ERROR | accept
 *     unload | load | restart   config key=value …   group-config G key=value …
 */
import { ErrorCode, errorOf, type Init, type ShareGroupHeartbeatResponse } from '@ottla/protocol'
import type { NewRecord } from '../../../ports.ts'
import {
  carryOut,
  fixtureCommands,
  type Handlers,
  runScript as runScriptOf,
  type Script,
  Trace,
} from '../../../testing/script.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../../group-record-codec.ts'
import type { ShareRecord } from '../../modern/modern-record.ts'
import { GroupFixture } from '../../testing/group-fixture.ts'
import type { TopicPartitions } from '../share-member.ts'

export class ShareScript implements Script {
  readonly fixture = new GroupFixture()
  readonly #epochs = new Map<string, number>()
  readonly #trace = new Trace()

  async start(): Promise<void> {
    const { fixture } = this
    fixture.log.onAppend = (records) => {
      for (const record of records) this.#trace.push(`append: ${this.#printRecord(record)}`)
    }
    fixture.persister.onRequest = (name, keys) =>
      this.#trace.push(`${name} ${keys.map((key) => this.#printKey(key)).join(' ')}`)
    for (const topic of ['t', 'u', 'v']) fixture.topics.set(topic, { partitionCount: 2 })
    await fixture.load()
    this.#trace.take()
    fixture.lines.length = 0
  }

  /** Runs a command line, and gives what it brought about. */
  async run(line: string): Promise<string[]> {
    await carryOut(line, this.#handlers)
    await this.fixture.turns()
    for (const said of this.fixture.lines.splice(0))
      if (!/loaded a partition|joins a share/.test(said)) this.#trace.push(said)
    return this.#trace.take()
  }

  readonly #handlers: Handlers = {
    ...fixtureCommands(this.fixture),
    join: ({ words, options }) => this.#beat(words, options, { epoch: 0 }),
    beat: ({ words, options }) => this.#beat(words, options, {}),
    leave: ({ words, options }) => this.#beat(words, options, { epoch: -1 }),
    raw: ({ options }) => {
      const topics = options.get('topics')?.split(',') ?? null
      const epoch = Number(options.get('epoch') ?? 0)
      this.#heartbeat('raw', {
        groupId: options.get('group') ?? '',
        memberId: options.get('member') ?? '',
        epoch,
        topics,
        rackId: options.get('rack') ?? null,
      })
    },
    describe: ({ words }) => {
      const { groups = [] } = this.fixture.coordinator.shareGroups.describeGroups({
        groupIds: words,
        includeAuthorizedOperations: false,
      })
      for (const {
        groupId,
        errorCode = 0,
        errorMessage,
        groupState,
        groupEpoch,
        assignmentEpoch,
        members = [],
      } of groups) {
        const said =
          errorCode === 0
            ? `${groupState} epoch ${groupEpoch} target ${assignmentEpoch}`
            : `${errorOf(errorCode).name} ${errorMessage}`
        this.#trace.push(`describe ${groupId} ${said}`)
        for (const { memberId, memberEpoch, subscribedTopicNames, assignment } of members)
          this.#trace.push(
            `  ${memberId} epoch ${memberEpoch} wants ${subscribedTopicNames?.join(' ')} has ${this.#printTopics((assignment?.topicPartitions ?? []) as TopicPartitions[])}`,
          )
      }
    },
    list: () => {
      const { groups = [] } = this.fixture.coordinator.listGroups({ statesFilter: [], typesFilter: [] })
      for (const { groupId, protocolType, groupState, groupType } of groups)
        this.#trace.push(`list ${groupId} ${protocolType} ${groupState} ${groupType}`)
    },
    delete: ({ words }) => {
      void this.fixture.coordinator.deleteGroups({ groupsNames: words }).then(({ results = [] }) => {
        for (const { groupId, errorCode = 0 } of results)
          this.#trace.push(`delete ${groupId} ${errorOf(errorCode).name}`)
      })
    },
    offsets: ({ words }) => {
      const [groupId = '', ...named] = words
      const topics =
        named.length === 0 ? null : partitionsIn(named).map(({ name, partitions }) => ({ topicName: name, partitions }))
      void this.fixture.coordinator.shareGroups
        .describeOffsets({ groups: [{ groupId, topics }] })
        .then(({ groups = [] }) => {
          for (const { errorCode = 0, errorMessage, topics = [] } of groups) {
            if (errorCode !== 0) this.#trace.push(`offsets ${groupId} ${errorOf(errorCode).name} ${errorMessage}`)
            for (const { topicName, partitions = [] } of topics)
              for (const { partitionIndex, startOffset, lag, errorCode = 0 } of partitions)
                this.#trace.push(
                  `offsets ${topicName}-${partitionIndex} ${errorCode === 0 ? `from ${startOffset} lag ${lag}` : errorOf(errorCode).name}`,
                )
          }
        })
    },
    alter: ({ words, options }) => {
      const topics = partitionsIn([...options.keys()]).map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          startOffset: Number(options.get(`${name}-${partitionIndex}`)),
        })),
      }))
      void this.fixture.coordinator.shareGroups
        .alterOffsets({ groupId: words[0]!, topics })
        .then(({ errorCode = 0, errorMessage, responses = [] }) => {
          if (errorCode !== 0) this.#trace.push(`alter ${errorOf(errorCode).name} ${errorMessage}`)
          for (const { topicName, partitions = [] } of responses)
            for (const { partitionIndex, errorCode = 0 } of partitions)
              this.#trace.push(`alter ${topicName}-${partitionIndex} ${errorOf(errorCode).name}`)
        })
    },
    'delete-offsets': ({ words }) => {
      const [groupId = '', ...names] = words
      const topics = names.map((topicName) => ({ topicName }))
      void this.fixture.coordinator.shareGroups
        .deleteOffsets({ groupId, topics })
        .then(({ errorCode = 0, responses = [] }) => {
          if (errorCode !== 0) this.#trace.push(`delete-offsets ${errorOf(errorCode).name}`)
          for (const { topicName, errorCode = 0, errorMessage } of responses)
            this.#trace.push(
              `delete-offsets ${topicName} ${errorOf(errorCode).name}${errorCode === 0 ? '' : ` ${errorMessage}`}`,
            )
        })
    },
    topic: ({ words, options }) => {
      const id = options.get('id')
      this.fixture.topics.set(words[0]!, {
        partitionCount: Number(options.get('partitions') ?? 2),
        ...(id === undefined ? {} : { id: id.padEnd(22, 'A') }),
      })
    },
    drop: ({ words }) => {
      this.fixture.topics.delete(words[0]!)
      void this.fixture.coordinator.topicsDeleted(words)
    },
    end: ({ options }) => {
      for (const [partition, end] of options) this.fixture.endOffsets.set(partition, Number(end))
    },
    other: async ({ words }) => {
      const key = { groupId: words[0]! }
      const record = encodeGroupRecord({ kind: 'ConsumerGroupMetadata', key, value: { epoch: 1, metadataHash: 0n } })
      this.fixture.log.append([record])
      this.#trace.take()
      await this.fixture.restart()
    },
    persister: ({ words }) => this.#persister(words),
    config: ({ options }) => {
      for (const [key, value] of options) this.fixture.config = { ...this.fixture.config, [key]: Number(value) }
    },
    'group-config': ({ words, options }) => {
      const values = Object.fromEntries([...options].map(([key, value]) => [key, Number(value)]))
      this.fixture.groupConfigs.set(words[0]!, values)
    },
  }

  #persister([what, ...rest]: readonly string[]): void {
    const { persister } = this.fixture
    if (what === 'hold') persister.isHeld = true
    else if (what === 'release') persister.release()
    else if (what === 'lose') persister.states.clear()
    else if (what === 'ok') {
      persister.errorCode = ErrorCode.NONE
      persister.errorCodes.clear()
    } else {
      const code = ErrorCode[rest[0] as keyof typeof ErrorCode]
      if (rest[1] === undefined) persister.errorCode = code
      else {
        const [, group, topic, partition] = /^(.*):(.*)-(\d+)$/.exec(rest[1])!
        persister.errorCodes.set(`${group}:${this.fixture.topics.idOf(topic!)}:${partition}`, code)
      }
    }
  }

  #beat(words: readonly string[], options: ReadonlyMap<string, string>, { epoch }: { epoch?: number }): void {
    const [groupId = '', memberId = '', topics] = words
    const sent = epoch ?? Number(options.get('epoch') ?? this.#epochs.get(memberId) ?? 0)
    this.#heartbeat(memberId, {
      groupId,
      memberId,
      epoch: sent,
      topics: topics?.split(',') ?? null,
      rackId: options.get('rack') ?? null,
    })
  }

  #heartbeat(
    who: string,
    {
      groupId,
      memberId,
      epoch,
      topics,
      rackId,
    }: { groupId: string; memberId: string; epoch: number; topics: readonly string[] | null; rackId: string | null },
  ): void {
    const request = { groupId, memberId, memberEpoch: epoch, rackId, subscribedTopicNames: topics }
    void this.fixture.coordinator.shareGroups
      .heartbeat(request, { apiVersion: 1, clientId: 'client', clientHost: '/host' })
      .then((answer) => this.#answered(who, answer))
  }

  #answered(
    who: string,
    {
      errorCode = 0,
      errorMessage,
      memberEpoch = 0,
      heartbeatIntervalMs,
      assignment,
    }: Init<typeof ShareGroupHeartbeatResponse>,
  ): void {
    if (errorCode !== 0) {
      this.#trace.push(`${who}: ${errorOf(errorCode).name} ${errorMessage}`)
      return
    }
    this.#epochs.set(who, memberEpoch)
    const told =
      assignment === null || assignment === undefined
        ? ''
        : ` ${this.#printTopics((assignment.topicPartitions ?? []) as TopicPartitions[])}`
    this.#trace.push(
      memberEpoch === -1 ? `${who}: left` : `${who}: epoch ${memberEpoch} every ${heartbeatIntervalMs}${told}`,
    )
  }

  #nameOf(topicId: string): string {
    return this.fixture.topics.nameOf(topicId) ?? topicId.replace(/A+$/, '')
  }

  #printTopics(topics: readonly TopicPartitions[]): string {
    return `[${topics.flatMap(({ topicId, partitions }) => partitions.map((each) => `${this.#nameOf(topicId)}-${each}`)).join(' ')}]`
  }

  #printKey(key: string): string {
    const [, group, topicId, partition] = /^(.*):(.*):(\d+)$/.exec(key)!
    return `${group}:${this.#nameOf(topicId!)}-${partition}`
  }

  #printRecord({ key, value }: NewRecord): string {
    const record = decodeGroupRecord({ offset: 0, key, value }) as ShareRecord
    const { groupId } = record.key
    const member = 'memberId' in record.key ? `${groupId}/${record.key.memberId}` : groupId
    switch (record.kind) {
      case 'ShareGroupMetadata':
        return `group ${groupId} ${record.value === null ? 'deleted' : `epoch ${record.value.epoch}`}`
      case 'ShareGroupMemberMetadata':
        return `member ${member} ${record.value === null ? 'deleted' : `[${record.value.subscribedTopicNames.join(' ')}]${record.value.rackId === null ? '' : ` in ${record.value.rackId}`}`}`
      case 'ShareGroupTargetAssignmentMetadata':
        return `target ${groupId} ${record.value === null ? 'deleted' : `epoch ${record.value.assignmentEpoch}${record.value.assignmentTimestamp === 0 ? '' : ' at a time'}`}`
      case 'ShareGroupTargetAssignmentMember':
        return `target ${member} ${record.value === null ? 'deleted' : this.#printTopics(record.value.topicPartitions)}`
      case 'ShareGroupCurrentMemberAssignment':
        return `current ${member} ${record.value === null ? 'deleted' : `epoch ${record.value.memberEpoch} after ${record.value.previousMemberEpoch} ${this.#printTopics(record.value.assignedPartitions)}`}`
      case 'ShareGroupStatePartitionMetadata': {
        if (record.value === null) return `state ${groupId} deleted`
        const { initializingTopics, initializedTopics, deletingTopics } = record.value
        const deleting = deletingTopics.map(({ topicName }) => topicName).join(' ')
        return `state ${groupId} initializing ${this.#printTopics(initializingTopics)} initialized ${this.#printTopics(initializedTopics)}${deleting === '' ? '' : ` deleting ${deleting}`}`
      }
      default:
        return `? ${(record as { kind: string }).kind}`
    }
  }
}

function partitionsIn(words: readonly string[]): { name: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const word of words) {
    const at = word.lastIndexOf('-')
    const name = word.slice(0, at)
    topics.set(name, [...(topics.get(name) ?? []), Number(word.slice(at + 1))])
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}

/** Runs a whole script; gives the text as it should be. */
export function runScript(text: string): Promise<string> {
  return runScriptOf(text, () => new ShareScript())
}
