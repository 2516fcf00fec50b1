/**
 * Scripts for streams groups: commands in, the whole trace out.
 *
 *     == a case begins with nothing
 *     > beat g A join                   a heartbeat of member A of the group g
 *     append: target g A 0:0,1          a record that was written
 *     A: epoch 2 has 0:0,1 | 1:0        an answer: active tasks | standby | warm-up; nothing where it says nothing of tasks
 *     timer session g A in 45000        a timer that was set or moved; `gone` when it is no more
 *
 * Members are called by their ids. A member remembers the epoch and the tasks that it was told of, and sends both with each heartbeat. Tasks
 * are `subtopology:partition,partition`, several with `;`. The topologies are those of TOPOLOGIES.
 *
 *     topic T N                  makes the topic T with N partitions, or gives it as many      drop T
 *     beat G A [join|leave|away] [topology=NAME] [process=P] [instance=I] [rack=R] [tags=k:v+k:v] [endpoint=host:port] [epoch=N]
 *              [owns=TASKS [standby=TASKS]] [quiet] [rebalance=MS] [shutdown] [offsets=0-1:90+…] [v=N] [lost]
 *              quiet: does not say what it has; lost: does not get the answer
 *     commit G A T-P=OFFSET … [epoch=N] [id=…]   describe G [v=N]   list [types=T] [states=S]   delete G   join G M (as a classic member)
 *     txn-commit G A T-P=OFFSET … [producer=N] [epoch=N]   end-txn commit|abort [producer=N]   fetch G A|- T-P … [epoch=N] [stable]
 *     set G key=value …   config key=value …   advance MS   hold | commit-log | fail   refuse ERROR | accept   restart
 */
import {
  DeleteGroupsResponse,
  ListGroupsResponse,
  OffsetCommitResponse,
  OffsetFetchResponse,
  StreamsGroupDescribeResponse,
  type StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
  TxnOffsetCommitResponse,
  ZERO_UUID,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import {
  type Command,
  carryOut,
  fixtureCommands,
  type Handlers,
  runScript,
  type Script,
  Trace,
} from '../../../testing/script.ts'
import type { RequestContext } from '../../request-context.ts'
import { GroupFixture } from '../../testing/group-fixture.ts'
import { printError, printFetch, printListing, printTimer } from '../../testing/print.ts'
import type { HeartbeatAnswer, HeartbeatResponse } from '../heartbeat-answer.ts'
import { printDescription, printRecord, printTasks, readTasks } from './print-streams.ts'
import { TOPOLOGIES, topologyWith } from './topologies.ts'

type Tasks = NonNullable<StreamsGroupHeartbeatRequest['activeTasks']>

interface Client {
  memberEpoch: number
  endpointEpoch: number
  active: Tasks
  standby: Tasks
}

export class StreamsScript implements Script {
  readonly fixture = new GroupFixture()
  readonly #clients = new Map<string, Client>()
  readonly #trace = new Trace()

  async start(): Promise<void> {
    this.fixture.log.onAppend = (records) => {
      for (const record of records) this.#trace.push(`append: ${printRecord(record)}`)
    }
    await this.fixture.load()
    this.#traceTimers()
    this.#trace.take()
  }

  /** Runs a command line, and gives what it brought about. */
  async run(line: string): Promise<string[]> {
    await carryOut(line, this.#handlers)
    await this.fixture.turns()
    for (const logged of this.fixture.lines.splice(0)) if (!logged.startsWith('info')) this.#trace.push(logged)
    this.#traceTimers()
    return this.#trace.take()
  }

  readonly #handlers: Handlers = {
    ...fixtureCommands(this.fixture),
    topic: ({ words: [name = '', count] }) => this.fixture.topics.set(name, { partitionCount: Number(count) }),
    drop: ({ words: [name = ''] }) => this.fixture.topics.delete(name),
    beat: (command) => this.#beat(command),
    commit: (command) => this.#commit(command),
    'txn-commit': ({ words: [groupId = '', memberId = ''], options }) => this.#txnCommit(groupId, memberId, options),
    'end-txn': ({ words: [outcome], options }) => {
      const marker = {
        producerId: Number(options.get('producer') ?? 1),
        producerEpoch: 0,
        coordinatorEpoch: 0,
        transactionVersion: 2,
      }
      void this.fixture.coordinator
        .completeTransaction(0, { ...marker, outcome: outcome === 'abort' ? 'abort' : 'commit' })
        .then(() => this.#trace.push(`transaction ${outcome}`))
    },
    fetch: (command) => this.#fetch(command),
    describe: ({ words, options }) => {
      const version = Number(options.get('v') ?? 1)
      const request = { groupIds: [...words], includeAuthorizedOperations: false, includeTopologyDescription: false }
      const answer = Promise.resolve(this.fixture.coordinator.streamsGroupDescribe(request))
      this.#trace.answer('describe:', answer, printDescription, { schema: StreamsGroupDescribeResponse, version })
    },
    list: ({ options }) => {
      const filter = (name: string) => options.get(name)?.split(',') ?? []
      const request = { statesFilter: filter('states'), typesFilter: filter('types') }
      const answer = Promise.resolve(this.fixture.coordinator.listGroups(request))
      this.#trace.answer('list:', answer, printListing, { schema: ListGroupsResponse, version: 5 })
    },
    delete: ({ words }) => {
      this.#trace.answer(
        'delete:',
        this.fixture.coordinator.deleteGroups({ groupsNames: [...words] }),
        ({ results = [] }) => results.map(({ errorCode }) => printError(errorCode)).join(', '),
        { schema: DeleteGroupsResponse, version: 3 },
      )
    },
    join: ({ words: [groupId = '', memberId = ''] }) => {
      const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
      const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000 }
      const request = {
        groupId,
        memberId: '',
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols,
        reason: null,
      }
      void this.fixture.coordinator
        .joinGroup({ ...request, ...timeouts }, contextOf(memberId, new Map(), 9))
        .then(({ errorCode }) => this.#trace.push(`${memberId}: join ${printError(errorCode)}`))
    },
    set: ({ words: [groupId = ''], options }) => {
      const values = [...options].map(([key, value]) => [key, key.endsWith('tags') ? value.split(',') : Number(value)])
      this.fixture.groupConfigs.set(groupId, {
        ...this.fixture.groupConfigs.get(groupId),
        ...Object.fromEntries(values),
      })
    },
    config: ({ options }) => {
      for (const [key, value] of options) this.fixture.config = { ...this.fixture.config, [key]: Number(value) }
    },
  }

  #beat({ words, options }: Command): void {
    const [groupId = '', memberId = '', ...flags] = words
    const context = contextOf(`client-${memberId}`, options, 1)
    const request = this.#heartbeat(groupId, memberId, { flags, options })
    const answer = this.fixture.coordinator.streamsGroupHeartbeat(request, context)
    this.#trace.answer(
      `${memberId}:`,
      answer.then(({ response }) => response),
      (response) => {
        if (!flags.includes('lost')) this.#take(memberId, response)
        return flags.includes('lost') ? 'does not get the answer' : printBeat(response)
      },
      { schema: StreamsGroupHeartbeatResponse, version: context.apiVersion },
    )
    void answer.then(({ missingTopics }: HeartbeatAnswer) => {
      const wanted = missingTopics.map(({ name, partitionCount }) => `${name} with ${partitionCount} partitions`)
      if (wanted.length > 0) this.#trace.push(`to be made: ${wanted.join(', ')}`)
    })
  }

  #heartbeat(
    groupId: string,
    memberId: string,
    { flags, options }: { flags: readonly string[]; options: ReadonlyMap<string, string> },
  ): StreamsGroupHeartbeatRequest {
    const client = this.#client(memberId)
    const isJoining = flags.includes('join')
    if (isJoining) Object.assign(client, { memberEpoch: 0, active: [], standby: [] })
    const owns = options.get('owns')
    const active = owns === undefined ? client.active : readTasks(owns)
    const standby = owns === undefined ? client.standby : readTasks(options.get('standby') ?? '')
    const isQuiet = flags.includes('quiet') || flags.includes('leave') || flags.includes('away')
    const epoch = flags.includes('leave') ? -1 : flags.includes('away') ? -2 : client.memberEpoch
    const [host = '', port] = options.get('endpoint')?.split(':') ?? []
    const offsets = options.get('offsets')
    return {
      groupId,
      memberId,
      memberEpoch: Number(options.get('epoch') ?? epoch),
      endpointInformationEpoch: client.endpointEpoch,
      instanceId: options.get('instance') ?? null,
      rackId: options.get('rack') ?? null,
      rebalanceTimeoutMs: Number(options.get('rebalance') ?? (isJoining ? 60_000 : -1)),
      topology: isJoining ? topologyWith(...topologyNamed(options.get('topology') ?? 'plain')) : null,
      activeTasks: isQuiet ? null : active,
      standbyTasks: isQuiet ? null : standby,
      warmupTasks: isQuiet ? null : [],
      processId: options.get('process') ?? (isJoining ? `process-${memberId}` : null),
      userEndpoint: port === undefined ? null : { host, port: Number(port) },
      clientTags: isJoining ? pairsOf(options.get('tags')) : null,
      taskOffsets: offsets === undefined ? null : offsetsOf(offsets),
      taskEndOffsets: null,
      shutdownApplication: flags.includes('shutdown'),
    }
  }

  #take(memberId: string, { errorCode = 0, memberEpoch, activeTasks, standbyTasks, ...rest }: HeartbeatResponse): void {
    if (errorCode !== 0) return
    const client = this.#client(memberId)
    client.memberEpoch = memberEpoch ?? 0
    client.endpointEpoch = rest.endpointInformationEpoch ?? 0
    if (activeTasks != null) client.active = activeTasks as Tasks
    if (standbyTasks != null) client.standby = standbyTasks as Tasks
  }

  #commit({ words, options }: Command): void {
    const [groupId = '', memberId = ''] = words
    const request = {
      groupId,
      generationIdOrMemberEpoch: Number(options.get('epoch') ?? this.#client(memberId).memberEpoch),
      memberId: memberId === '-' ? '' : memberId,
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: partitionsOf([...options.keys()]).map(({ key, name, partition }) => ({
        name,
        topicId: ZERO_UUID,
        partitions: [
          {
            partitionIndex: partition,
            committedOffset: Number(options.get(key)),
            committedLeaderEpoch: -1,
            commitTimestamp: -1,
            committedMetadata: '',
          },
        ],
      })),
    }
    this.#trace.answer(
      `${memberId}: commit:`,
      this.fixture.coordinator.offsetCommit(request, contextOf('client', options, 9)),
      ({ topics = [] }) =>
        topics.flatMap(({ partitions = [] }) => partitions.map(({ errorCode }) => printError(errorCode))).join(', '),
      { schema: OffsetCommitResponse, version: 9 },
    )
  }

  #txnCommit(groupId: string, memberId: string, options: ReadonlyMap<string, string>): void {
    const request = {
      transactionalId: 'tx',
      groupId,
      producerId: Number(options.get('producer') ?? 1),
      producerEpoch: 0,
      generationIdOrMemberEpoch: Number(options.get('epoch') ?? this.#client(memberId).memberEpoch),
      memberId: memberId === '-' ? '' : memberId,
      groupInstanceId: null,
      topics: partitionsOf([...options.keys()]).map(({ key, name, partition }) => ({
        name,
        topicId: ZERO_UUID,
        partitions: [
          {
            partitionIndex: partition,
            committedOffset: Number(options.get(key)),
            committedLeaderEpoch: -1,
            committedMetadata: '',
          },
        ],
      })),
    }
    this.#trace.answer(
      `${memberId}: txn-commit:`,
      this.fixture.coordinator.txnOffsetCommit(request, contextOf('client', new Map(), 5)),
      ({ topics = [] }) =>
        topics.flatMap(({ partitions = [] }) => partitions.map(({ errorCode }) => printError(errorCode))).join(', '),
      { schema: TxnOffsetCommitResponse, version: 5 },
    )
  }

  /** As a member, when the epoch is given; stable: not while a transaction may change them. */
  #fetch({ words: [groupId = '', memberId = '', ...rest], options }: Command): void {
    const epoch = options.get('epoch')
    const topics = partitionsOf(rest).map(({ name, partition }) => ({
      name,
      topicId: ZERO_UUID,
      partitionIndexes: [partition],
    }))
    const isMember = memberId !== '-'
    const memberEpoch = isMember ? Number(epoch ?? this.#client(memberId).memberEpoch) : -1
    const group = { groupId, memberId: isMember ? memberId : null, memberEpoch, topics }
    const request = { groupId: '', topics: null, groups: [group], requireStable: rest.includes('stable') }
    this.#trace.answer(
      `${memberId}: fetch:`,
      this.fixture.coordinator.offsetFetch(request, contextOf('client', new Map(), 9)),
      printFetch,
      { schema: OffsetFetchResponse, version: 9 },
    )
  }

  #client(memberId: string): Client {
    let client = this.#clients.get(memberId)
    if (client === undefined)
      this.#clients.set(memberId, (client = { memberEpoch: 0, endpointEpoch: -1, active: [], standby: [] }))
    return client
  }

  #traceTimers(): void {
    const pending = [...(this.fixture.coordinator.inspect('any')?.pendingTimers() ?? [])]
    const told = pending.filter(([key]) => key !== 'expire-offsets')
    this.#trace.timers(told, this.fixture.time.monotonic(), printTimer)
  }
}

function printBeat(response: HeartbeatResponse): string {
  const { errorCode = 0, errorMessage, memberEpoch, activeTasks, standbyTasks, warmupTasks, status } = response
  if (errorCode !== 0) return `${printError(errorCode)}${errorMessage == null ? '' : ` "${errorMessage}"`}`
  const parts = [`epoch ${memberEpoch}`]
  if (activeTasks != null) parts.push(`has ${[activeTasks, standbyTasks, warmupTasks].map(printTasks).join(' | ')}`)
  const endpoints = response.partitionsByUserEndpoint
  if (endpoints != null) {
    const each = endpoints.map(({ userEndpoint, activePartitions = [], standbyPartitions = [] }) => {
      const partitions = (list: typeof activePartitions) =>
        list.map(({ topic, partitions: of }) => `${topic}:${of?.join(',')}`).join(' ')
      return `\n    ${userEndpoint?.host}:${userEndpoint?.port} ${partitions(activePartitions)} | ${partitions(standbyPartitions)}`
    })
    parts.push(`endpoints of ${response.endpointInformationEpoch}${each.join('')}`)
  }
  const statuses = (status ?? []).map(({ statusCode, statusDetail }) => `\n    status ${statusCode}: ${statusDetail}`)
  return parts.join(', ') + statuses.join('')
}

function contextOf(clientId: string, options: ReadonlyMap<string, string>, apiVersion: number): RequestContext {
  return { apiVersion: Number(options.get('v') ?? apiVersion), clientId, clientHost: '/192.0.2.1' }
}

/** Those of the words that are partitions: `t-0`, `by-word-1`. */
function partitionsOf(words: readonly string[]): { key: string; name: string; partition: number }[] {
  return words.flatMap((key) => {
    const [, name = '', partition] = /^([\w-]+)-(\d+)$/.exec(key) ?? []
    return partition === undefined ? [] : [{ key, name, partition: Number(partition) }]
  })
}

/** `words@2`: the topology `words` with epoch 2. */
function topologyNamed(name: string): Parameters<typeof topologyWith> {
  const [key = '', epoch] = name.split('@')
  const parts = TOPOLOGIES[key]
  assert(parts !== undefined, `a topology: ${key}`)
  return [parts, Number(epoch ?? 0)]
}

function pairsOf(text: string | undefined): { key: string; value: string }[] {
  if (text === undefined) return []
  return text.split('+').map((pair) => {
    const [key = '', value = ''] = pair.split(':')
    return { key, value }
  })
}

/** `0-1:90`: task 1 of subtopology 0 is at 90. */
function offsetsOf(text: string): { subtopologyId: string; partition: number; offset: number }[] {
  return text.split('+').map((each) => {
    const [, subtopologyId = '', partition, offset] = /^(\w+)-(\d+):(\d+)$/.exec(each) ?? []
    return { subtopologyId, partition: Number(partition), offset: Number(offset) }
  })
}

/** Runs a whole script; gives the text as it should be. */
export function runStreamsScript(text: string): Promise<string> {
  return runScript(text, () => new StreamsScript())
}
