/**
 * Registration (62), heartbeats (63) and removal (64) of brokers, and what fencing does to the partitions they hold
 * (KIP-631, KIP-841, KIP-858).
 */
import {
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  ErrorCode,
  type MetadataRecord,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
} from '@ottla/protocol'
import type { TimerOp } from '@ottla/runtime'
import type { BrokerRegistration } from '../image/metadata-image.ts'
import type { PartitionImage } from '../image/topics-image.ts'
import {
  brokerRegistrationChangeRecord,
  NO_LEADER,
  partitionChangeRecord,
  registerBrokerRecord,
  unregisterBrokerRecord,
} from '../records/make-record.ts'
import {
  type ControllerTimer,
  type ControllerView,
  levelOf,
  type Outcome,
  type RequestInput,
} from './controller-view.ts'
import { electLeader, isActiveBroker, partitionsWhere } from './leader-election.ts'

/** A registration takes the offset of its record as its epoch, and starts fenced. */
export function registerBroker(
  view: ControllerView,
  request: BrokerRegistrationRequest,
  input: RequestInput,
): Outcome<BrokerRegistrationResponse> {
  const existing = view.image.brokers.get(request.brokerId)
  const errorCode = registrationError(view, request, existing)
  if (errorCode !== ErrorCode.NONE) return { response: { throttleTimeMs: 0, errorCode, brokerEpoch: -1 }, records: [] }
  const isSame = existing?.incarnationId === request.incarnationId
  const brokerEpoch = isSame ? existing.epoch : view.nextOffset
  const record = registerBrokerRecord(levelOf(view), {
    brokerId: request.brokerId,
    isMigratingZkBroker: false,
    incarnationId: request.incarnationId,
    brokerEpoch,
    endPoints: request.listeners,
    features: request.features,
    rack: request.rack,
    fenced: isSame ? existing.fenced : true,
    inControlledShutdown: false,
    logDirs: [...request.logDirs].sort(),
    cordonedLogDirs: null,
  })
  return {
    response: { throttleTimeMs: 0, errorCode, brokerEpoch },
    records: [record],
    timers: sessionTimers(view, request.brokerId, brokerEpoch, input),
  }
}

function registrationError(
  view: ControllerView,
  request: BrokerRegistrationRequest,
  existing: BrokerRegistration | undefined,
): number {
  if (request.clusterId !== view.clusterId) return ErrorCode.INCONSISTENT_CLUSTER_ID
  const isAlive = existing !== undefined && !existing.fenced && view.brokerSessionTimeoutMs !== null
  if (isAlive && existing.incarnationId !== request.incarnationId) return ErrorCode.DUPLICATE_BROKER_REGISTRATION
  if (request.listeners.length === 0) return ErrorCode.INVALID_REGISTRATION
  if (new Set(request.logDirs).size !== request.logDirs.length) return ErrorCode.INVALID_REGISTRATION
  for (const [feature, level] of view.image.features.finalized) {
    const range = request.features.find(({ name }) => name === feature)
    if (range === undefined || level < range.minSupportedVersion || level > range.maxSupportedVersion) {
      return ErrorCode.UNSUPPORTED_VERSION
    }
  }
  return ErrorCode.NONE
}

/** A broker says that it lives, and what it wants to be: fenced, unfenced, let go. */
export function brokerHeartbeat(
  view: ControllerView,
  request: BrokerHeartbeatRequest,
  input: RequestInput,
): Outcome<BrokerHeartbeatResponse> {
  const broker = view.image.brokers.get(request.brokerId)
  const refuse = (errorCode: number) => ({ response: heartbeatResponse({ errorCode }), records: [] })
  if (broker === undefined) return refuse(ErrorCode.BROKER_ID_NOT_REGISTERED)
  if (broker.epoch !== request.brokerEpoch) return refuse(ErrorCode.STALE_BROKER_EPOCH)
  const isCaughtUp = request.currentMetadataOffset >= broker.epoch
  const next = nextState(view, broker, { ...request, isCaughtUp })
  const records = [...stateRecords(view, broker, next), ...directoryRecords(view, broker, request.offlineLogDirs)]
  return {
    response: heartbeatResponse({
      isCaughtUp,
      isFenced: next === 'fenced' || next === 'gone',
      shouldShutDown: next === 'gone',
    }),
    records,
    timers:
      next === 'gone'
        ? [{ kind: 'cancel', key: sessionKey(broker.id) }]
        : sessionTimers(view, broker.id, broker.epoch, input),
  }
}

function heartbeatResponse(fields: Partial<BrokerHeartbeatResponse>): BrokerHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    isCaughtUp: false,
    isFenced: true,
    shouldShutDown: false,
    ...fields,
  }
}

/** `leaving`: in controlled shutdown, still leading something. `gone`: it may stop now. */
type BrokerState = 'fenced' | 'unfenced' | 'leaving' | 'gone'

function nextState(
  view: ControllerView,
  broker: BrokerRegistration,
  { wantFence, wantShutDown, isCaughtUp }: BrokerHeartbeatRequest & { readonly isCaughtUp: boolean },
): BrokerState {
  if (broker.fenced) {
    if (wantShutDown) return 'gone'
    return !wantFence && isCaughtUp ? 'unfenced' : 'fenced'
  }
  if (wantFence) return wantShutDown ? 'gone' : 'fenced'
  if (!wantShutDown && !broker.inControlledShutdown) return 'unfenced'
  return leadsAnything(view, broker.id) ? 'leaving' : 'gone'
}

function leadsAnything({ image }: ControllerView, brokerId: number): boolean {
  return !partitionsWhere(image, ({ leader }) => leader === brokerId).next().done
}

function stateRecords(view: ControllerView, broker: BrokerRegistration, next: BrokerState): MetadataRecord[] {
  const level = levelOf(view)
  const change = (fields: { readonly fenced?: number; readonly inControlledShutdown?: number }) =>
    brokerRegistrationChangeRecord(level, broker.id, broker.epoch, fields)
  switch (next) {
    case 'unfenced':
      return broker.fenced ? [change({ fenced: -1 }), ...electWithout(view, { joining: broker.id })] : []
    case 'leaving':
      if (broker.inControlledShutdown) return []
      return [change({ inControlledShutdown: 1 }), ...electWithout(view, { leaving: broker.id })]
    case 'fenced':
    case 'gone':
      return broker.fenced ? [] : [change({ fenced: 1 }), ...electWithout(view, { leaving: broker.id })]
  }
}

/** What fencing the broker writes: its session ended, or it asked for it. */
export function fenceRecords(view: ControllerView, broker: BrokerRegistration): MetadataRecord[] {
  return stateRecords(view, broker, 'fenced')
}

/** Leaders for the partitions that a broker leaves, or that have none and may get one as it joins. */
function electWithout(
  view: ControllerView,
  { leaving, joining }: { readonly leaving?: number; readonly joining?: number },
): MetadataRecord[] {
  const isActive = (id: number) => id === joining || (id !== leaving && isActiveBroker(view.image, id))
  const isAffected = ({ isr, leader }: PartitionImage) =>
    leaving === undefined ? leader === NO_LEADER : isr.includes(leaving) || leader === leaving
  const records: MetadataRecord[] = []
  for (const { topic, id, partition } of partitionsWhere(view.image, isAffected)) {
    const isr = leaving === undefined ? partition.isr : partition.isr.filter((member) => member !== leaving)
    const change = electLeader(partition, { kind: electionKind(view, topic.name), isActive, isr, level: levelOf(view) })
    if (change !== null) records.push(partitionChangeRecord(levelOf(view), topic.id, id, change))
  }
  return records
}

function electionKind({ image, config }: ControllerView, topic: string): 'online' | 'unclean' {
  const own = image.configs.of(2, topic).get('unclean.leader.election.enable')
  return (own === undefined ? config.boolean('unclean.leader.election.enable') : own === 'true') ? 'unclean' : 'online'
}

/** Directories that failed: the broker's replicas in them are out of sync from now on. */
function directoryRecords(
  view: ControllerView,
  broker: BrokerRegistration,
  offline: readonly string[],
): MetadataRecord[] {
  const failed = offline.filter((directory) => broker.directories.includes(directory))
  if (failed.length === 0) return []
  const level = levelOf(view)
  const logDirs = broker.directories.filter((directory) => !failed.includes(directory))
  const records = [brokerRegistrationChangeRecord(level, broker.id, broker.epoch, { logDirs })]
  const isLost = ({ replicas, directories }: PartitionImage) => {
    const directory = directories[replicas.indexOf(broker.id)]
    return directory !== undefined && failed.includes(directory)
  }
  for (const { topic, id, partition } of partitionsWhere(view.image, isLost)) {
    const isr = partition.isr.filter((member) => member !== broker.id)
    const isActive = (candidate: number) => candidate !== broker.id && isActiveBroker(view.image, candidate)
    const change = electLeader(partition, { kind: electionKind(view, topic.name), isActive, isr, level })
    if (change !== null) records.push(partitionChangeRecord(level, topic.id, id, change))
  }
  return records
}

export function unregisterBroker(
  view: ControllerView,
  request: UnregisterBrokerRequest,
): Outcome<UnregisterBrokerResponse> {
  const broker = view.image.brokers.get(request.brokerId)
  if (broker === undefined) {
    const errorMessage = `Broker ID ${request.brokerId} is not currently registered`
    return { response: { throttleTimeMs: 0, errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED, errorMessage }, records: [] }
  }
  return {
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: '' },
    records: [...electWithout(view, { leaving: broker.id }), unregisterBrokerRecord(broker.id, broker.epoch)],
    timers: [{ kind: 'cancel', key: sessionKey(broker.id) }],
  }
}

/** (Re)starts the broker's session. */
export function sessionTimers(
  view: ControllerView,
  brokerId: number,
  brokerEpoch: number,
  { now }: Pick<RequestInput, 'now'>,
): TimerOp<ControllerTimer>[] {
  if (view.brokerSessionTimeoutMs === null) return []
  return [
    {
      kind: 'set',
      key: sessionKey(brokerId),
      atMonotonicMs: now.monotonicMs + view.brokerSessionTimeoutMs,
      timer: { kind: 'broker-session', brokerId, brokerEpoch },
    },
  ]
}

function sessionKey(brokerId: number): string {
  return `broker-session:${brokerId}`
}
