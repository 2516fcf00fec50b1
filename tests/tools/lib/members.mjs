/** Members of groups of each protocol, with ids that are the same on both sides. Their sessions outlast the cases. */
import { Wire } from '../../clients/tools/wire.mjs'
import { until } from './until.mjs'

const REBALANCE_TIMEOUT_MS = 30_000
const HEARTBEAT_MS = 3000
const LEAVE_EPOCH = -1
const VERSIONS = { consumer: 1, share: 1, streams: 0 }
const APIS = { consumer: 'ConsumerGroupHeartbeat', share: 'ShareGroupHeartbeat', streams: 'StreamsGroupHeartbeat' }

/** Joins and takes what it is given; resolves to a function that leaves. `kind`: consumer, share or streams. */
export async function join(bootstrap, { kind, group, memberId, topics }) {
  const wire = await Wire.open(bootstrap)
  await until(async () => {
    const { coordinators } = await wire.ask('FindCoordinator', 6, { keyType: 0, coordinatorKeys: [group] })
    return coordinators[0].errorCode === 0
  })
  const beat = (body) => wire.ask(APIS[kind], VERSIONS[kind], { groupId: group, memberId, ...body })
  let epoch = 0
  let owned = []
  await until(async () => {
    const first = epoch === 0
    const answer = await beat({ memberEpoch: epoch, ...bodyOf(kind, { topics, owned, first }) })
    if (answer.errorCode === COORDINATOR_LOADS) return false
    if (answer.errorCode !== 0) throw new Error(`${APIS[kind]}: ${answer.errorCode} ${answer.errorMessage}`)
    epoch = answer.memberEpoch
    const given = kind === 'streams' ? answer.activeTasks : answer.assignment?.topicPartitions
    const isSettled = owned.length > 0 && given == null
    if (given != null) owned = given
    return isSettled || (kind === 'share' && owned.length > 0)
  })
  const alive = setInterval(() => void beat({ memberEpoch: epoch }).catch(() => {}), HEARTBEAT_MS)
  return async () => {
    clearInterval(alive)
    await beat({ memberEpoch: LEAVE_EPOCH })
    wire.close()
  }
}

const COORDINATOR_LOADS = 14

function bodyOf(kind, { topics, owned, first }) {
  if (kind === 'share') return first ? { subscribedTopicNames: topics } : {}
  if (kind === 'consumer') {
    const joining = { rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, subscribedTopicNames: topics }
    return { ...(first ? joining : {}), topicPartitions: owned }
  }
  const topology = { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics: topics }] }
  const joining = { rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, topology, processId: 'process', clientTags: [] }
  return { ...(first ? joining : {}), activeTasks: owned, standbyTasks: [], warmupTasks: [] }
}
