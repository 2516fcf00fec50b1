/**
 * Scripts for the group coordinator: commands in, the whole trace out.
 *
 *     == a case begins with nothing
 *     > join g a session=10000
 *     append: offset g t-0 = 5           a record that was written
 *     a: join generation 1 as a-1 …      an answer, whoever asked
 *     timer session g a-1 in 10000       a timer that was set or moved; `gone` when it is no more
 *     rebalance g: new member a-1        why the group rebalances
 *
 * Members are called by the names of their clients; a client remembers the member id and the generation that it was told.
 *
 *     join G A [new] [instance=I] [v=N] [session=MS] [rebalance=MS] [type=T] [offers=range:t+u,rr:t] [reason=…]
 *     sync G A [A=bytes B=bytes …]   heartbeat G A [gen=N]   leave G A|instance=I …   (sync and heartbeat also take gen=, id=, instance=)
 *     commit G A|- T-P=OFFSET[:metadata] … [gen=N] [v=N] [retention=MS]   fetch G [T-P …] [stable]   offset-delete G T-P …
 *     (fetch as=A: as a member of the consumer protocol)
 *     describe G [v=N]   list [states=S] [types=T]   delete G …   drop T (a topic is deleted)
 *     beat G A [topics=t+u] [regex=R] [owned=t-0+u-1|none] [full] [leave|leave-static] [epoch=N] [instance=I] [assignor=A] [rack=R] [rebalance=MS] [v=N]
 *     describe-consumer G …   topic NAME [id=] [partitions=N]   group-config G key=value …
 *     txn-commit G A|- t-0=OFFSET… [producer=ID:EPOCH] [gen=] [id=] [v=N]   marker ID:EPOCH commit|abort
 *     advance MS   hold | commit-log | fail (of what is written)   refuse ERROR | accept   unload | load | restart
 *     config key=value …   state G
 */
import {
  DeleteGroupsResponse,
  DescribeGroupsResponse,
  ErrorCode,
  HeartbeatResponse,
  JoinGroupResponse,
  LeaveGroupResponse,
  ListGroupsResponse,
  OffsetCommitResponse,
  OffsetDeleteResponse,
  OffsetFetchResponse,
  SyncGroupResponse,
  ZERO_UUID,
} from '@ottla/protocol'
import {
  type Command,
  carryOut,
  fixtureCommands,
  type Handlers,
  runScript as runScriptOf,
  type Script,
  Trace,
} from '../../testing/script.ts'
import type { RequestContext } from '../request-context.ts'
import { ConsumerCommands } from './consumer-commands.ts'
import { GroupFixture, subscription } from './group-fixture.ts'
import {
  printBytes,
  printDescription,
  printError,
  printFetch,
  printJoin,
  printListing,
  printRecord,
  printSync,
  printTimer,
} from './print.ts'
import { TransactionCommands } from './transaction-commands.ts'

interface Client {
  memberId: string
  generationId: number
  groupInstanceId: string | null
}

export class GroupScript implements Script {
  readonly fixture = new GroupFixture()
  readonly #clients = new Map<string, Client>()
  readonly #trace = new Trace()
  readonly #consumers = new ConsumerCommands(this.fixture, (who, answer, print, form) =>
    this.#trace.answer(who, answer, print, form),
  )

  readonly #transactions = new TransactionCommands({
    fixture: this.fixture,
    answer: (who, answer, print, form) => this.#trace.answer(who, answer, print, form),
    identityOf: (name, options) => this.#identity(name, options),
  })

  async start(): Promise<void> {
    const { log } = this.fixture
    log.onAppend = (records) => {
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
    this.#traceLog()
    this.#traceTimers()
    return this.#trace.take()
  }

  readonly #handlers: Handlers = {
    ...fixtureCommands(this.fixture),
    join: (command) => this.#join(command),
    sync: (command) => this.#sync(command),
    heartbeat: (command) => this.#heartbeat(command),
    leave: (command) => this.#leave(command),
    commit: (command) => this.#commit(command),
    fetch: (command) => this.#fetch(command),
    'offset-delete': (command) => this.#offsetDelete(command),
    describe: ({ words, options }) => {
      const context = contextOf('admin', options, 6)
      const request = { groups: words, includeAuthorizedOperations: false }
      const answer = Promise.resolve(this.fixture.coordinator.describeGroups(request, context))
      this.#trace.answer('describe', answer, printDescription, {
        schema: DescribeGroupsResponse,
        version: context.apiVersion,
      })
    },
    list: ({ options }) => {
      const filter = (name: string) => options.get(name)?.split(',') ?? []
      const request = { statesFilter: filter('states'), typesFilter: filter('types') }
      const answer = Promise.resolve(this.fixture.coordinator.listGroups(request))
      this.#trace.answer('list', answer, printListing, { schema: ListGroupsResponse, version: 5 })
    },
    delete: ({ words }) => {
      this.#trace.answer(
        'delete',
        this.fixture.coordinator.deleteGroups({ groupsNames: words }),
        ({ results = [] }) => results.map(({ groupId, errorCode }) => `${groupId} ${printError(errorCode)}`).join(', '),
        { schema: DeleteGroupsResponse, version: 3 },
      )
    },
    drop: ({ words }) => {
      for (const name of words) this.fixture.topics.delete(name)
      return this.fixture.coordinator.topicsDeleted(words)
    },
    ...this.#consumers.handlers,
    ...this.#transactions.handlers,
    config: ({ options }) => {
      for (const [key, value] of options)
        this.fixture.config = { ...this.fixture.config, [key]: /^-?\d+$/.test(value) ? Number(value) : value }
    },
    topic: ({ words, options }) => {
      const [name = '', id] = words
      const count = options.get('partitions')
      const partitionCount = count === undefined ? {} : { partitionCount: Number(count) }
      this.fixture.topics.set(name, { ...(id === undefined ? {} : { id }), ...partitionCount })
    },
    state: ({ words }) => this.#state(words[0] ?? ''),
  }

  #join({ words, options }: Command): void {
    const [groupId = '', name = '', ...flags] = words
    const client = this.#client(name)
    if (flags.includes('new')) client.memberId = ''
    client.groupInstanceId = options.get('instance') ?? null
    const context = contextOf(name, options, 9)
    const sessionTimeoutMs = Number(options.get('session') ?? 10_000)
    const request = {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: Number(options.get('rebalance') ?? 60_000),
      memberId: options.get('id') ?? client.memberId,
      groupInstanceId: client.groupInstanceId,
      protocolType: options.get('type') ?? 'consumer',
      protocols: offersOf(options.get('offers') ?? 'range:t'),
      reason: options.get('reason') ?? null,
    }
    this.#trace.answer(
      `${name}: join`,
      this.fixture.coordinator.joinGroup(request, context),
      (answer) => {
        if (answer.errorCode === ErrorCode.NONE || answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
          client.memberId = answer.memberId ?? ''
          client.generationId = answer.generationId ?? -1
        }
        return printJoin(answer)
      },
      { schema: JoinGroupResponse, version: context.apiVersion },
    )
  }

  #sync({ words, options }: Command): void {
    const [groupId = '', name = ''] = words
    const assignments = [...options]
      .filter(([key]) => this.#clients.has(key))
      .map(([key, value]) => ({ memberId: this.#client(key).memberId, assignment: Buffer.from(value, 'latin1') }))
    const request = {
      groupId,
      ...this.#identity(name, options),
      protocolType: options.get('type') ?? null,
      protocolName: options.get('protocol') ?? null,
      assignments,
    }
    this.#trace.answer(`${name}: sync`, this.fixture.coordinator.syncGroup(request), printSync, {
      schema: SyncGroupResponse,
      version: 5,
    })
  }

  #heartbeat({ words, options }: Command): void {
    const [groupId = '', name = ''] = words
    const request = { groupId, ...this.#identity(name, options) }
    this.#trace.answer(
      `${name}: heartbeat`,
      this.fixture.coordinator.heartbeat(request),
      ({ errorCode }) => printError(errorCode),
      { schema: HeartbeatResponse, version: 4 },
    )
  }

  #leave({ words, options }: Command): void {
    const [groupId = '', ...names] = words
    const context = contextOf('admin', options, 5)
    const instances = [...(options.get('instance')?.split(',') ?? [])]
    const members = [
      ...names.map((name) => ({ ...this.#identity(name, options), reason: null })),
      ...instances.map((groupInstanceId) => ({ memberId: '', groupInstanceId, reason: null })),
    ]
    const request = { groupId, memberId: members[0]?.memberId ?? '', members: context.apiVersion < 3 ? [] : members }
    this.#trace.answer(
      'leave',
      this.fixture.coordinator.leaveGroup(request, context),
      ({ errorCode, members = [] }) =>
        [
          printError(errorCode),
          ...members.map((member) => `${member.memberId || member.groupInstanceId} ${printError(member.errorCode)}`),
        ].join(', '),
      { schema: LeaveGroupResponse, version: context.apiVersion },
    )
  }

  #commit({ words, options }: Command): void {
    const [groupId = '', name = ''] = words
    const context = contextOf(name, options, 9)
    const identity =
      name === '-' ? { memberId: '', generationId: -1, groupInstanceId: null } : this.#identity(name, options)
    const offsets = [...options].filter(([key]) => /^\w+-\d+$/.test(key))
    const request = {
      groupId,
      generationIdOrMemberEpoch: identity.generationId,
      memberId: identity.memberId,
      groupInstanceId: identity.groupInstanceId,
      retentionTimeMs: Number(options.get('retention') ?? -1),
      topics: offsets.map(([key, value]) => {
        const [topic = '', partition = ''] = key.split('-')
        const [offset, metadata = ''] = value.split(':')
        return {
          name: context.apiVersion < 10 ? topic : '',
          topicId: context.apiVersion < 10 ? ZERO_UUID : (this.fixture.topics.idOf(topic) ?? ZERO_UUID),
          partitions: [
            {
              partitionIndex: Number(partition),
              committedOffset: Number(offset),
              committedLeaderEpoch: -1,
              commitTimestamp: -1,
              committedMetadata: metadata,
            },
          ],
        }
      }),
    }
    this.#trace.answer(
      `${name}: commit`,
      this.fixture.coordinator.offsetCommit(request, context),
      ({ topics = [] }) =>
        topics.flatMap(({ partitions = [] }) => partitions.map(({ errorCode }) => printError(errorCode))).join(', '),
      { schema: OffsetCommitResponse, version: context.apiVersion },
    )
  }

  #fetch({ words, options }: Command): void {
    const [groupId = '', ...rest] = words
    const isStable = rest.includes('stable')
    const as = options.get('as')
    const identity = as === undefined ? undefined : this.#identity(as, options)
    const reader = { memberId: identity?.memberId ?? null, memberEpoch: identity?.generationId ?? -1 }
    const wanted = partitionsOf(rest.filter((word) => word !== 'stable'))
    const topics =
      wanted.length === 0
        ? null
        : wanted.map(({ name, partition }) => ({ name, topicId: ZERO_UUID, partitionIndexes: [partition] }))
    const request = {
      groupId: '',
      topics: null,
      groups: [{ groupId, ...reader, topics }],
      requireStable: isStable,
    }
    const answer = this.fixture.coordinator.offsetFetch(request, contextOf('admin', options, 9))
    this.#trace.answer('fetch', answer, printFetch, { schema: OffsetFetchResponse, version: 9 })
  }

  #offsetDelete({ words }: Command): void {
    const [groupId = '', ...rest] = words
    const topics = partitionsOf(rest).map(({ name, partition }) => ({
      name,
      partitions: [{ partitionIndex: partition }],
    }))
    this.#trace.answer(
      'offset-delete',
      this.fixture.coordinator.offsetDelete({ groupId, topics }),
      ({ errorCode, topics = [] }) =>
        [
          printError(errorCode),
          ...topics.flatMap(({ partitions = [] }) => partitions.map((each) => printError(each.errorCode))),
        ].join(', '),
      { schema: OffsetDeleteResponse, version: 0 },
    )
  }

  #state(groupId: string): void {
    const group = this.fixture.partition.shard.classicGroup(groupId)
    if (group === undefined) {
      this.#trace.push('no such group')
      return
    }
    const { phase, generationId, protocolName, leaderId } = group.state
    this.#trace.push(`${phase} generation ${generationId} protocol ${protocolName} leader ${leaderId}`)
    for (const member of group.members.values()) {
      const waits = [
        member.awaitingJoin === null ? '' : ' waits for join',
        member.awaitingSync === null ? '' : ' waits for sync',
        member.isPendingSync ? ' has to sync' : '',
      ]
      this.#trace.push(`    ${member.memberId}${waits.join('')} has ${printBytes(member.assignment)}`)
    }
    for (const memberId of group.pendingIds()) this.#trace.push(`    ${memberId} is expected`)
  }

  #client(name: string): Client {
    let client = this.#clients.get(name)
    if (client === undefined)
      this.#clients.set(name, (client = { memberId: '', generationId: -1, groupInstanceId: null }))
    return client
  }

  #identity(name: string, options: ReadonlyMap<string, string>): Client {
    const consumer = this.#consumers.consumer(name)
    const client =
      consumer === undefined
        ? this.#client(name)
        : { memberId: consumer.memberId, generationId: consumer.epoch, groupInstanceId: consumer.instanceId }
    return {
      memberId: options.get('id') ?? client.memberId,
      generationId: Number(options.get('gen') ?? client.generationId),
      groupInstanceId: client.groupInstanceId,
    }
  }

  #traceLog(): void {
    for (const line of this.fixture.lines.splice(0)) {
      const rebalance = /group begins to rebalance (.*)$/.exec(line)
      if (rebalance !== null) {
        const { groupId, reason } = JSON.parse(rebalance[1] as string) as { groupId: string; reason: string }
        this.#trace.push(`rebalance ${groupId}: ${reason}`)
      } else if (!line.startsWith('info')) this.#trace.push(line)
    }
  }

  #traceTimers(): void {
    const pending = this.fixture.coordinator.inspect('any')?.pendingTimers() ?? []
    this.#trace.timers(pending, this.fixture.time.monotonic(), printTimer)
  }
}

export function contextOf(clientId: string, options: ReadonlyMap<string, string>, apiVersion: number): RequestContext {
  return { apiVersion: Number(options.get('v') ?? apiVersion), clientId, clientHost: '/192.0.2.1' }
}

/** `range:t+u,rr:t` */
function offersOf(text: string): { name: string; metadata: Buffer }[] {
  if (text === '') return []
  return text.split(',').map((offer) => {
    const [name = '', topics] = offer.split(':')
    return { name, metadata: topics === undefined ? Buffer.from(name) : subscription(topics.split('+')) }
  })
}

function partitionsOf(words: readonly string[]): { name: string; partition: number }[] {
  return words.map((word) => {
    const [name = '', partition] = word.split('-')
    return { name, partition: Number(partition) }
  })
}

/** Runs a whole script; gives the text as it should be. */
export function runScript(text: string): Promise<string> {
  return runScriptOf(text, () => new GroupScript())
}
