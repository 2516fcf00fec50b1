/**
 * Consumer groups at rest: what their heartbeats cost the broker.
 *
 *   node bench/coordinators/heartbeats.mjs [--groups=10000] [--members=3] [--connections=100] [--interval=5000] [--seconds=20]
 *
 * Members join, settle, and then send heartbeats evenly over the interval, as clients of the consumer protocol do that have nothing to
 * say. Prints heartbeats a second, the broker's processor time as a share of one core, its memory, and how long answers took.
 */
import { readFileSync } from 'node:fs'
import { startBroker } from '../../scripts/lib/test-broker.mjs'
import { Peer } from './peer.mjs'

const options = Object.fromEntries(process.argv.slice(2).map((each) => each.replace(/^--/, '').split('=')))
const number = (name, otherwise) => Number(options[name] ?? otherwise)
const [groups, members, connections] = [number('groups', 10_000), number('members', 3), number('connections', 100)]
const [intervalMs, seconds] = [number('interval', 5_000), number('seconds', 20)]
const TICK_MS = 10
const TICKS_PER_SECOND = 100

const broker = await startBroker()
const peers = await Promise.all(Array.from({ length: connections }, () => Peer.open(broker.bootstrap)))
await peers[0].ask('CreateTopics', 5, {
  topics: [{ name: 'heartbeats', numPartitions: members, replicationFactor: 1 }],
  timeoutMs: 30_000,
})
const all = []
for (let group = 0; group < groups; group++)
  for (let member = 0; member < members; member++)
    all.push({
      peer: peers[all.length % connections],
      groupId: `group-${group}`,
      memberId: `member-${group}-${member}`,
      memberEpoch: 0,
      owned: [],
      isToConfirm: false,
      isSettled: false,
    })

const joining = performance.now()
await firstCoordinator()
await inFlight(all, 1_000, beat)
const joined = performance.now()
let rounds = 0
while (all.some(({ isSettled }) => !isSettled)) {
  if (rounds++ > 50) throw new Error('the groups do not settle')
  await inFlight(all, 1_000, beat)
}
const settled = performance.now()
say(
  'joined',
  `${((joined - joining) / 1000).toFixed(1)} s, settled after ${((settled - joined) / 1000).toFixed(1)} s more`,
)
say('memory', `${(residentBytes() / 2 ** 20).toFixed(0)} MB`)

const before = cpuSeconds()
const started = performance.now()
const latencies = []
let sent = 0
let next = 0
const perTick = (all.length / intervalMs) * TICK_MS
let due = 0
const waiting = new Set()
for (let tick = 1; tick <= seconds * TICKS_PER_SECOND; tick++) {
  due += perTick
  for (; due >= 1; due--) {
    const asked = performance.now()
    const answer = beat(all[next++ % all.length]).then(() => latencies.push(performance.now() - asked))
    waiting.add(answer)
    void answer.finally(() => waiting.delete(answer))
    sent++
  }
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + tick * TICK_MS - performance.now())))
}
await Promise.all(waiting)
const elapsed = (performance.now() - started) / 1000
const cpu = cpuSeconds() - before
latencies.sort((a, b) => a - b)
const at = (share) => latencies[Math.floor((latencies.length - 1) * share)].toFixed(2)
say('heartbeats', `${Math.round(sent / elapsed)} a second`)
say('processor', `${((cpu / elapsed) * 100).toFixed(1)} % of a core, ${((cpu / sent) * 1e6).toFixed(1)} µs each`)
say('answers', `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
say('memory', `${(residentBytes() / 2 ** 20).toFixed(0)} MB`)
await broker.stop()
process.exit()

async function firstCoordinator() {
  for (;;) {
    const { coordinators } = await peers[0].ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: ['group-0'] })
    if (coordinators[0].errorCode === 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** One heartbeat, and what follows from its answer. */
async function beat(member) {
  const { groupId, memberId, memberEpoch } = member
  const isJoin = memberEpoch === 0
  const answer = await member.peer.ask('ConsumerGroupHeartbeat', 1, {
    groupId,
    memberId,
    memberEpoch,
    ...(isJoin ? { rebalanceTimeoutMs: 300_000, subscribedTopicNames: ['heartbeats'] } : {}),
    topicPartitions: isJoin ? [] : member.isToConfirm ? member.owned : null,
  })
  if (answer.errorCode >= 14 && answer.errorCode <= 16) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return beat(member)
  }
  if (answer.errorCode !== 0) throw new Error(`${groupId} ${memberId}: ${answer.errorCode} ${answer.errorMessage}`)
  member.isToConfirm = answer.assignment !== null
  if (answer.assignment !== null) member.owned = answer.assignment.topicPartitions
  member.memberEpoch = answer.memberEpoch
  member.isSettled = !member.isToConfirm && member.owned.length === 1 && member.owned[0].partitions.length === 1
}

async function inFlight(items, limit, work) {
  let at = 0
  const run = async () => {
    while (at < items.length) await work(items[at++])
  }
  await Promise.all(Array.from({ length: limit }, run))
}

/** User and system time of the broker's process. */
function cpuSeconds() {
  const fields = readFileSync(`/proc/${broker.pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function residentBytes() {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))[1]) * 1024
}

function say(name, value) {
  process.stdout.write(`${name.padEnd(12)}${value}\n`)
}
