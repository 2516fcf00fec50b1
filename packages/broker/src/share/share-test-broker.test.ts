/** Members of share groups over the wire, for tests. Holds no tests. */
import type { TestContext } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  batchesIn,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  type Init,
  readRecords,
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponse,
  ShareFetchRequest,
  ShareFetchResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
  type Value,
} from '@ottla/protocol'
import { batch, produceTo, TestBroker } from '../test-broker.test.ts'

export const SHARE_FETCH = { request: ShareFetchRequest, response: ShareFetchResponse }
export const SHARE_ACKNOWLEDGE = { request: ShareAcknowledgeRequest, response: ShareAcknowledgeResponse }
const ALTER_CONFIGS = { request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse }
const UPDATE_FEATURES = { request: UpdateFeaturesRequest, response: UpdateFeaturesResponse }
const GROUP_RESOURCE = 32
const TOPIC_RESOURCE = 2

export type SharePartitionData = Value<typeof ShareFetchResponse>['responses'][number]['partitions'][number]
export type Acks = readonly (readonly [first: number, last: number, ...types: number[]])[]

export class ShareTestBroker {
  readonly broker: TestBroker
  readonly topicIds = new Map<string, string>()
  readonly #initialized = new Set<string>()

  private constructor(broker: TestBroker) {
    this.broker = broker
  }

  static async start(t: TestContext, settings: Readonly<Record<string, string>> = {}): Promise<ShareTestBroker> {
    const broker = await TestBroker.start(t, {
      'share.coordinator.state.topic.num.partitions': '2',
      'group.share.min.record.lock.duration.ms': '1000',
      'ottla.durability': 'replicated',
      ...settings,
    })
    const started = new ShareTestBroker(broker)
    await started.setShareVersion(2)
    return started
  }

  async setShareVersion(maxVersionLevel: number): Promise<void> {
    const connection = await this.broker.connect()
    const { errorCode, errorMessage } = await connection.request(UPDATE_FEATURES, 1, {
      featureUpdates: [{ feature: 'share.version', maxVersionLevel, upgradeType: maxVersionLevel < 2 ? 2 : 1 }],
      timeoutMs: 5000,
    })
    if (errorCode !== 0) throw new Error(`features: ${errorCode} ${errorMessage}`)
    connection.close()
  }

  async createTopic(name: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const ids = await this.broker.createTopics({ [name]: partitions }, configs)
    this.topicIds.set(name, ids.get(name)!)
    return ids.get(name)!
  }

  async configureGroup(groupId: string, configs: Readonly<Record<string, string>>): Promise<void> {
    await this.#configure(GROUP_RESOURCE, groupId, configs)
  }

  async configureTopic(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    await this.#configure(TOPIC_RESOURCE, topic, configs)
  }

  /** One batch. */
  async produce(topic: string, values: readonly string[], partition = 0): Promise<void> {
    const connection = await this.broker.connect()
    const { errorCode } = await produceTo(connection, { topic, partition }, batch(values.map((value) => ({ value }))))
    if (errorCode !== 0) throw new Error(`produce: ${errorCode}`)
    connection.close()
  }

  async member(
    groupId: string,
    memberId: string,
    topic: string,
    partitions: readonly number[] = [0],
  ): Promise<ShareMember> {
    const topicId = this.topicIds.get(topic)!
    for (const partition of partitions) await this.#initialize(groupId, topicId, partition)
    return new ShareMember(await this.broker.connect(), { groupId, memberId, topicId, partitions })
  }

  /** What the group coordinator does before it assigns a partition. */
  async #initialize(groupId: string, topicId: string, partition: number): Promise<void> {
    const key = `${groupId}/${topicId}/${partition}`
    if (this.#initialized.has(key)) return
    this.#initialized.add(key)
    const { sharePersister } = this.broker.running.broker
    const initial = { partition, stateEpoch: 1, startOffset: -1 }
    await sharePersister.initializeState({ groupId, topics: [{ topicId, partitions: [initial] }] })
  }

  async #configure(type: number, name: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const connection = await this.broker.connect()
    const { responses } = await connection.request(ALTER_CONFIGS, 1, {
      resources: [
        {
          resourceType: type,
          resourceName: name,
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, configOperation: 0, value })),
        },
      ],
      validateOnly: false,
    })
    if (responses[0]!.errorCode !== 0) throw new Error(`configs: ${responses[0]!.errorMessage}`)
    connection.close()
  }
}

export interface MemberOptions {
  readonly groupId: string
  readonly memberId: string
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** Counts its session's epochs; everything else is said by the test. */
export class ShareMember {
  readonly connection: ClientConnection
  readonly #options: MemberOptions
  epoch = 0

  constructor(connection: ClientConnection, options: MemberOptions) {
    this.connection = connection
    this.#options = options
  }

  async fetch(
    init: Partial<Init<typeof ShareFetchRequest>> & { readonly acks?: Acks } = {},
  ): Promise<Value<typeof ShareFetchResponse>> {
    const { acks, ...rest } = init
    const { groupId, memberId, topicId, partitions } = this.#options
    const response = await this.connection.request(SHARE_FETCH, 2, {
      groupId,
      memberId,
      shareSessionEpoch: this.epoch,
      maxWaitMs: 30_000,
      minBytes: 1,
      maxBytes: 1 << 20,
      maxRecords: 500,
      batchSize: 500,
      topics: [
        {
          topicId,
          partitions: partitions.map((partitionIndex, at) => ({
            partitionIndex,
            acknowledgementBatches: at === 0 ? batchesOf(acks) : [],
          })),
        },
      ],
      ...rest,
    })
    if (response.errorCode === 0) this.epoch += 1
    return response
  }

  /** What was acquired of the first partition answered: `0-9x1`, or an error. */
  async take(init: Parameters<ShareMember['fetch']>[0] = {}): Promise<string> {
    return acquiredOf(await this.fetch(init))
  }

  async acknowledge(acks: Acks, init: Partial<Init<typeof ShareAcknowledgeRequest>> = {}): Promise<number> {
    const response = await this.acknowledgement(acks, init)
    if (response.errorCode !== 0) return response.errorCode
    return response.responses[0]?.partitions[0]?.errorCode ?? 0
  }

  async acknowledgement(
    acks: Acks,
    init: Partial<Init<typeof ShareAcknowledgeRequest>> = {},
  ): Promise<Value<typeof ShareAcknowledgeResponse>> {
    const { groupId, memberId, topicId, partitions } = this.#options
    const response = await this.connection.request(SHARE_ACKNOWLEDGE, 2, {
      groupId,
      memberId,
      shareSessionEpoch: this.epoch,
      topics:
        acks.length === 0
          ? []
          : [{ topicId, partitions: [{ partitionIndex: partitions[0]!, acknowledgementBatches: batchesOf(acks) }] }],
      ...init,
    })
    if (response.errorCode === 0) this.epoch += 1
    return response
  }

  /** Ends the session. */
  async leave(): Promise<number> {
    const { errorCode } = await this.acknowledgement([], { shareSessionEpoch: -1 })
    this.epoch = 0
    return errorCode
  }
}

function batchesOf(acks: Acks = []) {
  return acks.map(([firstOffset, lastOffset, ...acknowledgeTypes]) => ({ firstOffset, lastOffset, acknowledgeTypes }))
}

export function dataOf(response: Value<typeof ShareFetchResponse>): SharePartitionData | undefined {
  return response.responses[0]?.partitions[0]
}

export function acquiredOf(response: Value<typeof ShareFetchResponse>): string {
  if (response.errorCode !== 0) return `error ${response.errorCode}`
  const data = dataOf(response)
  if (data === undefined) return ''
  if (data.errorCode !== 0) return `partition error ${data.errorCode}`
  if (data.acknowledgeErrorCode !== 0) return `acknowledge error ${data.acknowledgeErrorCode}`
  return data.acquiredRecords
    .map(({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset}x${deliveryCount}`)
    .join(' ')
}

/** Values of the batches that came along, by offset. */
export function valuesOf(response: Value<typeof ShareFetchResponse>): Map<number, string> {
  const values = new Map<number, string>()
  const records = dataOf(response)?.records
  if (records === null || records === undefined) return values
  for (const pos of batchesIn(records)) {
    for (const { offset, value } of readRecords(records, pos)) values.set(offset, value?.toString() ?? '')
  }
  return values
}
