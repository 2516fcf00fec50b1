/** Creates and deletes topics, and knows which there must be. */
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ErrorCode,
  MetadataRequest,
  MetadataResponse,
} from '@ottla/protocol'
import type { ModelClient } from './model-client.ts'
import type { ModelTopic } from './model-topic.ts'
import { expectNoError, retry, TryAgain, Violation } from './retry.ts'

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
}

const CREATE = { request: CreateTopicsRequest, response: CreateTopicsResponse }
const DELETE = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }
const METADATA = { request: MetadataRequest, response: MetadataResponse }
const TOPIC_ID_VERSION = 10
const BY_ID_VERSION = 6
const TIMEOUT_MS = 10_000

export class ModelAdmin {
  readonly client: ModelClient
  readonly #giveUpAfterMs: number
  /** Topics whose creation was acknowledged and whose deletion was never asked for. */
  readonly #certain = new Map<string, ModelTopic>()
  /** Ids whose deletion was acknowledged. */
  readonly #deletedIds = new Set<string>()

  constructor(client: ModelClient, giveUpAfterMs: number) {
    this.client = client
    this.#giveUpAfterMs = giveUpAfterMs
  }

  /** Resolves when the topic is there and its partitions have leaders. */
  async create(topic: NewTopic): Promise<ModelTopic> {
    await this.#retry(`creation of ${topic.name}`, async () => {
      const configs = Object.entries(topic.configs).map(([name, value]) => ({ name, value }))
      const topics = [{ name: topic.name, numPartitions: topic.partitions, replicationFactor: 1, configs }]
      const answer = await this.client.call(CREATE, () => ({ topics, timeoutMs: TIMEOUT_MS }))
      const { errorCode, errorMessage } = answer.topics[0] ?? { errorCode: -1, errorMessage: 'no answer' }
      // An attempt before this one may have done it.
      if (errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) expectNoError(errorCode, 'CreateTopics', errorMessage)
    })
    const created = await this.#retry(`metadata of ${topic.name}`, () => this.#find(topic))
    this.#certain.set(created.id, created)
    return created
  }

  /** Resolves when the deletion was acknowledged. */
  async delete(topic: ModelTopic): Promise<void> {
    this.#certain.delete(topic.id)
    await this.#retry(`deletion of ${topic.name}`, async () => {
      const { name, id: topicId } = topic
      const answer = await this.client.call(DELETE, (version) => ({
        ...(version >= BY_ID_VERSION ? { topics: [{ topicId }] } : { topicNames: [name] }),
        timeoutMs: TIMEOUT_MS,
      }))
      const { errorCode, errorMessage } = answer.responses[0] ?? { errorCode: -1, errorMessage: 'no answer' }
      const isGone = errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCode.UNKNOWN_TOPIC_ID
      if (!isGone) expectNoError(errorCode, 'DeleteTopics', errorMessage)
    })
    this.#deletedIds.add(topic.id)
  }

  /** Throws Violation when a topic is missing that must be there, or one is there that was deleted. */
  async check(): Promise<void> {
    const certain = [...this.#certain.values()]
    const deleted = [...this.#deletedIds]
    const topics = await this.#retry('metadata of all topics', async () => {
      const answer = await this.client.call(METADATA, () => ({ topics: null }), TOPIC_ID_VERSION)
      expectNoError(answer.errorCode, 'Metadata')
      return answer.topics
    })
    for (const { name, id, partitions } of certain) {
      if (!this.#certain.has(id)) continue
      const found = topics.find(({ topicId }) => topicId === id)
      if (found === undefined) throw new Violation(`topic ${name} (${id}) is gone`)
      if (found.name !== name || found.partitions.length !== partitions) {
        throw new Violation(`topic ${name} is ${found.name} with ${found.partitions.length} partitions`)
      }
    }
    for (const id of deleted) {
      if (topics.some(({ topicId }) => topicId === id)) throw new Violation(`deleted topic ${id} is back`)
    }
  }

  async #find(topic: NewTopic): Promise<ModelTopic> {
    const init = { topics: [{ name: topic.name }], allowAutoTopicCreation: false }
    const answer = await this.client.call(METADATA, () => init, TOPIC_ID_VERSION)
    const found = answer.topics[0]
    if (found === undefined) throw new Violation('no answer to Metadata')
    expectNoError(found.errorCode, `Metadata of ${topic.name}`)
    for (const { errorCode, leaderId } of found.partitions) {
      if (errorCode !== ErrorCode.NONE || leaderId < 0) throw new TryAgain('a partition has no leader')
    }
    return { name: topic.name, id: found.topicId, partitions: found.partitions.length }
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return retry({ env: this.client.env, what, giveUpAfterMs: this.#giveUpAfterMs }, attempt)
  }
}
