/** How long a group takes until all its members have their partitions again: members that do what real clients do, without the clients. */
import { ConsumerProtocolSubscription, encodeVersioned } from '@ottla/protocol'
import { Peer } from './peer.mjs'

const REBALANCE_IN_PROGRESS = 27
const MEMBER_ID_REQUIRED = 79
const RETRY = new Set([14, 15, 16])
/** Both brokers are told to want heartbeats of the consumer protocol so often. */
export const HEARTBEAT_MS = 100
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for `is` to hold, looked at whenever something changed. Gives the milliseconds. */
class Watch {
  #waiting = null

  until(is) {
    const began = performance.now()
    if (is()) return Promise.resolve(0)
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('the group does not settle')), 60_000)
      this.#waiting = () => {
        if (!is()) return
        clearTimeout(limit)
        this.#waiting = null
        resolve(performance.now() - began)
      }
    })
  }

  changed() {
    this.#waiting?.()
  }
}

class ClassicMember {
  generation = -1
  groupSize = 0
  isStable = false
  #peer
  #groupId
  #memberId = ''
  #topic
  #changed
  #isOver = false
  failure = null

  constructor(peer, { groupId, topic, changed }) {
    this.#peer = peer
    this.#groupId = groupId
    this.#topic = topic
    this.#changed = changed
    this.running = this.#run().catch((error) => {
      this.failure = error
    })
  }

  async leave() {
    this.#isOver = true
    await this.#peer.ask('LeaveGroup', 3, { groupId: this.#groupId, members: [{ memberId: this.#memberId }] })
    this.#peer.close()
  }

  async #run() {
    while (!this.#isOver) {
      this.isStable = false
      if (!(await this.#joined())) continue
      this.isStable = true
      this.#changed()
      while (!this.#isOver) {
        await sleep(HEARTBEAT_MS)
        if (this.#isOver) return
        const beat = { groupId: this.#groupId, generationId: this.generation, memberId: this.#memberId }
        const { errorCode } = await this.#peer.ask('Heartbeat', 3, beat)
        if (errorCode === REBALANCE_IN_PROGRESS) break
        if (errorCode !== 0 && !this.#isOver) throw new Error(`heartbeat: error ${errorCode}`)
      }
    }
  }

  async #joined() {
    const metadata = encodeVersioned(ConsumerProtocolSubscription, 1, { topics: [this.#topic] })
    const joined = await this.#peer.ask('JoinGroup', 7, {
      groupId: this.#groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    })
    if (joined.errorCode === MEMBER_ID_REQUIRED) this.#memberId = joined.memberId
    if (RETRY.has(joined.errorCode)) await sleep(20)
    if (joined.errorCode !== 0) return false
    this.#memberId = joined.memberId
    this.generation = joined.generationId
    const isLeader = joined.leader === this.#memberId
    const synced = await this.#peer.ask('SyncGroup', 5, {
      groupId: this.#groupId,
      generationId: this.generation,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: isLeader
        ? joined.members.map(({ memberId }) => ({ memberId, assignment: Buffer.from([0, 0, joined.members.length]) }))
        : [],
    })
    if (synced.errorCode !== 0) return false
    this.groupSize = synced.assignment[2]
    return true
  }
}

class ConsumerMember {
  epoch = 0
  owned = []
  failure = null
  #peer
  #groupId
  #memberId
  #topic
  #changed
  #isOver = false

  constructor(peer, { groupId, memberId, topic, changed }) {
    this.#peer = peer
    this.#groupId = groupId
    this.#memberId = memberId
    this.#topic = topic
    this.#changed = changed
    this.running = this.#run().catch((error) => {
      this.failure = error
    })
  }

  async leave() {
    this.#isOver = true
    const { errorCode } = await this.#peer.ask('ConsumerGroupHeartbeat', 0, {
      groupId: this.#groupId,
      memberId: this.#memberId,
      memberEpoch: -1,
    })
    if (errorCode !== 0) throw new Error(`leave: error ${errorCode}`)
    this.#peer.close()
  }

  async #run() {
    let news = true
    while (!this.#isOver) {
      const first = this.epoch === 0
      const answer = await this.#peer.ask('ConsumerGroupHeartbeat', 0, {
        groupId: this.#groupId,
        memberId: this.#memberId,
        memberEpoch: this.epoch,
        rebalanceTimeoutMs: first ? 60_000 : -1,
        subscribedTopicNames: first ? [this.#topic] : null,
        topicPartitions: news ? this.owned : null,
      })
      if (this.#isOver) return
      if (RETRY.has(answer.errorCode)) {
        await sleep(20)
        continue
      }
      if (answer.errorCode !== 0) throw new Error(`heartbeat: error ${answer.errorCode} ${answer.errorMessage}`)
      this.#memberId = answer.memberId ?? this.#memberId
      this.epoch = answer.memberEpoch
      news = answer.assignment !== null
      if (news) this.owned = answer.assignment.topicPartitions
      this.#changed()
      // A change is acknowledged at once, as the Java client does.
      if (!news) await sleep(HEARTBEAT_MS)
    }
  }

  get ownedKeys() {
    return this.owned.flatMap(({ topicId, partitions }) => partitions.map((partition) => `${topicId}-${partition}`))
  }
}

const KINDS = {
  classic: {
    member: (peer, options) => new ClassicMember(peer, options),
    isSettled: (members) =>
      members.every(
        ({ isStable, generation, groupSize }) =>
          isStable && generation === members[0].generation && groupSize === members.length,
      ),
  },
  consumer: {
    member: (peer, options) => new ConsumerMember(peer, options),
    isSettled: (members, partitions) => {
      const owned = members.flatMap(({ ownedKeys }) => ownedKeys)
      return (
        members.every(({ epoch }) => epoch === members[0].epoch && epoch > 0) &&
        // Assignments are made at intervals: until the next one a new member may have nothing, with the epoch of the others.
        members.every(({ ownedKeys }) => ownedKeys.length >= Math.floor(partitions / members.length)) &&
        owned.length === partitions &&
        new Set(owned).size === partitions
      )
    },
  },
}

/** Milliseconds until `count` members that come at once have settled, until one more has been taken in, and until one has left. */
export async function rebalanceTimes(bootstrap, { kind, count, topic, partitions, groupId }) {
  const watch = new Watch()
  const members = []
  const { member, isSettled } = KINDS[kind]
  const add = async () => {
    const peer = await Peer.open(bootstrap)
    return () => {
      const memberId = `${groupId}-member-${members.length}`
      members.push(member(peer, { groupId, memberId, topic, changed: () => watch.changed() }))
    }
  }
  const settled = () => {
    const failed = members.find(({ failure }) => failure !== null)
    if (failed !== undefined) throw failed.failure
    return isSettled(members, partitions)
  }
  const starts = await Promise.all(Array.from({ length: count }, add))
  for (const start of starts) start()
  const formed = await watch.until(settled)
  const another = await add()
  another()
  const joined = await watch.until(settled)
  const gone = members.shift()
  const left = gone.leave()
  const leftMs = await watch.until(settled)
  await left
  await Promise.all(members.map((each) => each.leave()))
  return { formed, joined, left: leftMs }
}
