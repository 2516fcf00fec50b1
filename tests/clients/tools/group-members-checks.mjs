/**
 * Members of this repository's client and of Apache Kafka's, in one group: under each assignor with either side as leader, and under the consumer
 * protocol. On this broker and on Apache Kafka's. group-members-checks.mjs ottla|kafka [WORD]
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import {
  cooperativeStickyAssignor,
  Kafka,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
  stringCodec,
  topic as topicOf,
} from '@ottla/client'
import { nodeEnv } from '@ottla/env/node'
import { BRIEFLY } from '../../../scripts/lib/apache-kafka.mjs'
import { cacheOf, javaProfiles } from '../../../scripts/lib/clients.mjs'
import { SYSTEMS } from '../../suite/support/systems.mjs'
import { expect, reporter } from './report.mjs'

const system = SYSTEMS[process.argv[2] ?? 'ottla']
const filter = process.argv[3] ?? ''
const JAVA = 'org.apache.kafka.clients.consumer.'
const PARTITIONS = [5, 4]
const CONCURRENCY = 4
const WAIT_MS = 30_000

/**
 * Under this one Java's consumer goes on reading while the group rebalances. What it read since its last commit may come again from who gets
 * the partition then (12 records, once). What ours has read must not.
 */
const COOPERATIVE = `${JAVA}CooperativeStickyAssignor`

const ASSIGNORS = [
  { assignor: rangeAssignor, java: `${JAVA}RangeAssignor` },
  { assignor: roundRobinAssignor, java: `${JAVA}RoundRobinAssignor` },
  { assignor: stickyAssignor, java: `${JAVA}StickyAssignor`, keeps: true },
  { assignor: cooperativeStickyAssignor, java: COOPERATIVE, keeps: true },
]

/** What members have read, in the order in which it is heard of. */
class Reads {
  #readers = new Map()

  add(name, values) {
    for (const value of values) {
      const readers = this.#readers.get(value)
      if (readers === undefined) this.#readers.set(value, [name])
      else readers.push(name)
    }
  }

  /** How many records were read. */
  get size() {
    return this.#readers.size
  }

  /** [value, names of members, the first one first] of those that came more than once. */
  repeated() {
    return [...this.#readers].filter(([, names]) => names.length > 1)
  }
}

/** Members in a process of Java's. */
class JavaMembers {
  #child
  #members = new Map()

  constructor(profile, bootstrap) {
    const path = `${cacheOf('java-members')}:${cacheOf(`java-${profile}`)}/jars/*`
    this.#child = spawn('java', [...BRIEFLY, '-Xmx256m', '-cp', path, 'checks.GroupMembers'], {
      env: { ...process.env, BOOTSTRAP: bootstrap },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(JSON.parse(line)))
  }

  join(name, { group, topics, settings, reads }) {
    const member = { name, partitions: [], reads, hasLeft: false, failure: null, leave: () => this.#leave(name) }
    this.#members.set(name, member)
    const pace = settings['group.protocol'] === undefined ? { 'heartbeat.interval.ms': '200' } : {}
    const words = Object.entries({ ...pace, ...settings }).map(([key, value]) => `${key}=${value.replaceAll(',', '+')}`)
    this.#child.stdin.write(`join ${name} ${group} ${topics.join(',')} ${words.join(',')}\n`)
    return member
  }

  close() {
    this.#child.kill('SIGKILL')
  }

  async #leave(name) {
    this.#child.stdin.write(`leave ${name}\n`)
    await until(`${name} has left`, () => this.#members.get(name).hasLeft)
  }

  #hear({ member: name, event, partitions, values, message }) {
    const member = this.#members.get(name)
    if (event === 'assigned') member.partitions = partitions
    else if (event === 'records') member.reads.add(name, values)
    else if (event === 'failed') member.failure = new Error(`${name}: ${message}`)
    else member.hasLeft = true
  }
}

/** A member of ours, polled until it leaves. */
function ourMember(kafka, name, { group, topics, settings, reads }) {
  const consumer = kafka.consumer({
    groupId: group,
    autoOffsetReset: 'earliest',
    value: stringCodec,
    ...(settings.groupProtocol === 'consumer' ? {} : { heartbeatIntervalMs: 200 }),
    ...settings,
  })
  consumer.subscribe(topics)
  const stop = new AbortController()
  const member = { name, failure: null }
  Object.defineProperty(member, 'partitions', {
    get: () => consumer.assignment.map(({ topic, partition }) => `${topic}-${partition}`).sort(),
  })
  const polling = (async () => {
    while (!stop.signal.aborted) {
      const records = await consumer.poll({ timeoutMs: 50 })
      const values = records.map(({ value }) => value)
      reads.add(name, values)
    }
  })().catch((error) => {
    member.failure = error
  })
  member.leave = async () => {
    stop.abort()
    await polling
    await consumer.close()
  }
  return member
}

async function until(what, condition, members = []) {
  const end = performance.now() + WAIT_MS
  while (!(await condition())) {
    for (const { failure } of members) if (failure !== null) throw failure
    if (performance.now() > end) {
      const state = members.map(({ name, partitions }) => `${name}: ${partitions.join(' ')}`).join('; ')
      throw new Error(`waited in vain: ${what}. ${state}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const all = (topics) => topics.flatMap((name, n) => Array.from({ length: PARTITIONS[n] }, (_, at) => `${name}-${at}`))

/** Every partition has one member, and nobody has much more than another. */
async function shared(what, members, topics) {
  const expected = all(topics).sort().join()
  await until(
    what,
    () => {
      const held = members.flatMap(({ partitions }) => partitions)
      const sizes = members.map(({ partitions }) => partitions.length)
      return held.sort().join() === expected && Math.max(...sizes) - Math.min(...sizes) <= 2
    },
    members,
  )
  return new Map(members.map(({ name, partitions }) => [name, partitions]))
}

let cases = 0

/** What a scenario works with: topics and a group of its own, and records to read. */
async function scene(kafka) {
  const group = `group${++cases}`
  const topics = PARTITIONS.map((_, n) => `topic${cases}-${n}`)
  const admin = kafka.admin()
  await admin.createTopics(topics.map((name, n) => ({ name, partitionCount: PARTITIONS[n], replicationFactor: 1 })))
  const producer = kafka.producer()
  let sent = 0
  const send = async () => {
    const records = topics.flatMap((name, n) =>
      Array.from({ length: PARTITIONS[n] * 3 }, (_, at) => ({
        topic: topicOf(name, { value: stringCodec }),
        partition: at % PARTITIONS[n],
        value: `v${sent++}`,
      })),
    )
    await producer.sendAll(records)
  }
  return { group, topics, reads: new Reads(), send, sent: () => sent }
}

/** First, second, third come; the first, who leads, goes: `sides` says of which kind each is. */
async function together({ kafka, java }, sides, { ours, theirs, keeps = false }) {
  const { group, topics, reads, send, sent } = await scene(kafka)
  const join = (side, n) =>
    side === 'ours'
      ? ourMember(kafka, `ours-${group}-${n}`, { group, topics, reads, settings: ours })
      : java.join(`java-${group}-${n}`, { group, topics, reads, settings: theirs })
  const members = []
  let entered = 0
  const enter = (side) => members.push(join(side, entered++))
  enter(sides[0])
  await shared('the first has all', members, topics)
  await send()
  enter(sides[1])
  const ofTwo = await shared('two share', members, topics)
  await send()
  enter(sides[2])
  const ofThree = await shared('three share', members, topics)
  if (keeps) keepTheirs(ofTwo, ofThree, 'when a third comes, nobody gets what another had')
  await send()
  await members.shift().leave()
  const left = await shared('two are left', members, topics)
  if (keeps) {
    const kept = members.every(({ name }) => ofThree.get(name).every((each) => left.get(name).includes(each)))
    expect(kept, `they keep what they have when one goes: ${text(ofThree)} became ${text(left)}`)
  }
  await send()
  await until('all records are read', () => reads.size === sent(), members)
  const mayRepeat = (name) => name.startsWith('java') && theirs['partition.assignment.strategy'] === COOPERATIVE
  const twice = reads.repeated().filter(([, [first]]) => !mayRepeat(first))
  expect(twice.length === 0, `${twice.length} records were read again: ${twice.map((each) => each.flat().join(' '))}`)
  await Promise.all(members.map((member) => member.leave()))
}

function keepTheirs(before, after, what) {
  for (const [name, partitions] of before) {
    const extra = after.get(name).filter((each) => !partitions.includes(each))
    expect(extra.length === 0, `${what}: ${text(before)} became ${text(after)}`)
  }
}

const text = (assignment) => [...assignment].map(([name, partitions]) => `${name}: ${partitions.join(' ')}`).join('; ')

function classicCases(profile) {
  return ASSIGNORS.flatMap(({ assignor, java, keeps = false }) =>
    [
      ['ours', 'java', 'ours'],
      ['java', 'ours', 'java'],
    ].map((sides) => ({
      profile,
      title: `${assignor.name}, led by ${sides[0] === 'ours' ? 'ours' : 'Java’s'}`,
      run: (world) =>
        together(world, sides, {
          ours: { assignors: [assignor] },
          theirs: { 'partition.assignment.strategy': java },
          keeps,
        }),
    })),
  ).concat({
    profile,
    title: 'several assignors: the one that all have',
    run: (world) =>
      together(world, ['java', 'ours', 'java'], {
        ours: { assignors: [cooperativeStickyAssignor, stickyAssignor, roundRobinAssignor] },
        theirs: { 'partition.assignment.strategy': `${JAVA}RangeAssignor,${JAVA}RoundRobinAssignor` },
      }),
  })
}

const CONSUMER_CASES = [
  ...[
    ['ours', 'java', 'ours'],
    ['java', 'ours', 'java'],
  ].map((sides) => ({
    title: `consumer protocol, first ${sides[0] === 'ours' ? 'ours' : 'Java’s'}`,
    run: (world) =>
      together(world, sides, { ours: { groupProtocol: 'consumer' }, theirs: { 'group.protocol': 'consumer' } }),
  })),
  {
    title: 'consumer protocol: ours beside Java’s classic members',
    run: (world) =>
      together(world, ['ours', 'java', 'ours'], {
        ours: { groupProtocol: 'consumer' },
        theirs: { 'partition.assignment.strategy': COOPERATIVE },
      }),
  },
  {
    title: 'consumer protocol: our classic members beside Java’s',
    run: (world) =>
      together(world, ['java', 'ours', 'java'], {
        ours: { assignors: [cooperativeStickyAssignor] },
        theirs: { 'group.protocol': 'consumer' },
      }),
  },
].map((each) => ({ ...each, profile: 'latest' }))

const server = await system.start()
const env = nodeEnv({ logLevel: 'error', timersKeepAlive: true })
const kafka = new Kafka({ bootstrapServers: server.bootstrap, env })
for (const profile of ['latest', 'v24']) {
  const { run } = reporter(
    `One group with Java on ${system.title.replace(/ [\d.]+$/, '')}`,
    javaProfiles[profile].version,
  )
  const java = new JavaMembers(profile, server.bootstrap)
  const queue = [...(profile === 'latest' ? CONSUMER_CASES : []), ...classicCases(profile)].filter(({ title }) =>
    title.includes(filter),
  )
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { title, run: body } = next
      await run(title, () => body({ kafka, java }))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  java.close()
}
await kafka.close()
env.close()
await server.stop()
process.exit(0)
