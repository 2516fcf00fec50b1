/**
 * Copies records that a share group gave up to its dead-letter topic. What fails for a passing reason is tried again until it works: until then the
 * records are archiving, and the group's start offset does not pass them. A copy whose outcome is not known may come twice.
 */
import { effectiveTopicConfig } from '@ottla/config'
import { ConfigResourceType } from '@ottla/metadata'
import { API_KEYS, batchesIn, ErrorCode, readRecords } from '@ottla/protocol'
import { AssertionError } from '@ottla/stdx'
import type { BrokerContext } from '../../broker-context.ts'
import type { Deadline } from '../../purgatory/deadlines.ts'
import type { Replica } from '../../replica/replica.ts'
import { whenReady } from '../../replica/when-ready.ts'
import { INTERNAL_PRINCIPAL } from '../../request-context.ts'
import { principalText } from '../../to-controller.ts'
import type { DeadLetters } from '../partition/share-partition.ts'
import type { ShareLeader } from '../share-leader.ts'
import type { ShareMetrics } from '../share-metrics.ts'
import { shareSettings } from '../share-settings.ts'
import { deadLetterBatches, type Original } from './dead-letter-batches.ts'
import { type DeadLetterVerdict, deadLetterVerdict } from './dead-letter-topic.ts'

const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 30_000
const READ_BYTES = 1 << 20
const MAX_UNPACKED_BYTES = 64 << 20
const NO_ORIGINALS: ReadonlyMap<number, Original> = new Map()

/** Passing trouble: the copy is tried again. */
class NotNow extends Error {
  override readonly name = 'NotNow'
}

export class DeadLetterWriter {
  readonly #broker: BrokerContext
  readonly #metrics: ShareMetrics
  readonly #retries = new Set<Deadline>()
  #isClosed = false

  constructor(broker: BrokerContext, metrics: ShareMetrics) {
    this.#broker = broker
    this.#metrics = metrics
  }

  /** Copies records of a share partition; `copied` is called once, when they are safe or never can be copied. */
  bury(from: ShareLeader, letters: DeadLetters, copied: () => void): void {
    void this.#try(from, letters, { copied, delayMs: FIRST_RETRY_MS })
  }

  /** What is not copied yet is copied after the next start. */
  close(): void {
    this.#isClosed = true
    for (const retry of this.#retries) this.#broker.deadlines.cancel(retry)
  }

  async #try(
    from: ShareLeader,
    letters: DeadLetters,
    { copied, delayMs }: { readonly copied: () => void; readonly delayMs: number },
  ): Promise<void> {
    const { groupId, replica } = from
    const { topic, partition } = replica
    const where = { groupId, topic, partition, offset: letters.firstOffset }
    if (this.#isClosed || from.failure !== null) return
    try {
      const verdict = this.#verdict(groupId)
      if (verdict.kind === 'drop') {
        const count = letters.lastOffset - letters.firstOffset + 1
        this.#metrics.droppedDeadLetters += count
        this.#broker.logger.warn('records are archived without a dead letter', {
          ...where,
          count,
          reason: verdict.reason,
        })
        copied()
        return
      }
      if (verdict.kind === 'create') await this.#create(groupId)
      await this.#copy(from, letters)
      this.#metrics.deadLetters += letters.lastOffset - letters.firstOffset + 1
      copied()
    } catch (error) {
      if (error instanceof AssertionError) {
        this.#broker.fatal(error)
        return
      }
      if (this.#isClosed) return
      this.#broker.logger.warn('dead letters cannot be written now', { ...where, reason: (error as Error).message })
      const retry = this.#broker.deadlines.after(delayMs, () => {
        this.#retries.delete(retry)
        void this.#try(from, letters, { copied, delayMs: Math.min(2 * delayMs, MAX_RETRY_MS) })
      })
      this.#retries.add(retry)
    }
  }

  #verdict(groupId: string): DeadLetterVerdict {
    const { config, image } = this.#broker
    const { deadLetterTopic: topic } = shareSettings(this.#broker, groupId)
    const exists = image.topics.byName(topic) !== undefined
    return deadLetterVerdict({
      topic,
      prefix: config.values['errors.deadletterqueue.topic.name.prefix'],
      isAutoCreated: config.values['errors.deadletterqueue.auto.create.topics.enable'],
      isEnabled: exists ? this.#topicValues(topic)['errors.deadletterqueue.group.enable'] : undefined,
    })
  }

  #topicValues(topic: string) {
    const { config, image } = this.#broker
    return effectiveTopicConfig(config, image.configs.of(ConfigResourceType.TOPIC, topic)).values
  }

  /** The letters' own time must stay, as retention goes by it. */
  async #create(groupId: string): Promise<void> {
    const { channel, config, env } = this.#broker
    const timeoutMs = config.int('request.timeout.ms')
    const newTopic = {
      name: shareSettings(this.#broker, groupId).deadLetterTopic,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [],
      configs: [
        { name: 'errors.deadletterqueue.group.enable', value: 'true' },
        { name: 'message.timestamp.type', value: 'CreateTime' },
      ],
    }
    const request = { topics: [newTopic], timeoutMs, validateOnly: false }
    const options = { principal: principalText(INTERNAL_PRINCIPAL), deadlineMs: env.clock.now() + timeoutMs }
    const { topics } = await channel.request(API_KEYS.CreateTopics, request, options)
    const { errorCode = ErrorCode.NONE, errorMessage } = topics[0] ?? {}
    if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) {
      throw new NotNow(`the topic cannot be created: ${errorMessage ?? errorCode}`)
    }
  }

  async #copy({ groupId, replica: source }: ShareLeader, letters: DeadLetters): Promise<void> {
    const { deadLetterTopic, isRecordCopied } = shareSettings(this.#broker, groupId)
    const target = await this.#target(deadLetterTopic, source.partition)
    const originals = isRecordCopied ? await readOriginals(source, letters) : NO_ORIGINALS
    const batches = deadLetterBatches({ groupId, topic: source.topic, partition: source.partition }, letters, {
      originals,
      maxBatchBytes: this.#topicValues(deadLetterTopic)['max.message.bytes'],
      nowMs: this.#broker.env.clock.now(),
    })
    for (const batch of batches) await append(target, batch)
  }

  async #target(topic: string, sourcePartition: number): Promise<Replica> {
    const image = this.#broker.image.topics.byName(topic)
    if (image === undefined) throw new NotNow('the topic is not there yet')
    const { replica } = this.#broker.replicas.find(topic, sourcePartition % image.partitions.length)
    if (replica === undefined) throw new NotNow('the partition is not led here')
    await whenReady(replica)
    const error = replica.leaderError(-1)
    if (error !== ErrorCode.NONE) throw new NotNow(`the partition cannot be written: error ${error}`)
    if (replica.image.isr.length < replica.minInsyncReplicas) throw new NotNow('too few replicas are in sync')
    return replica
  }
}

function append(target: Replica, batch: Buffer): Promise<void> {
  const result = target.append(batch, { origin: 'coordinator' })
  if (result.kind === 'rejected') throw new NotNow(result.message)
  return new Promise((resolve, reject) => {
    const acknowledged = (_index: number, error: number): void => {
      if (error === ErrorCode.NONE) resolve()
      else reject(new NotNow(`the copy was taken back: error ${error}`))
    }
    target.awaitAck(result.lastOffset + 1, 'all', { waiter: { acknowledged }, index: 0 })
  })
}

/** Keys and values of records. Those that the log does not have are left out. */
async function readOriginals(source: Replica, letters: DeadLetters): Promise<Map<number, Original>> {
  const originals = new Map<number, Original>()
  const upTo = source.highWatermark
  let offset = Math.max(letters.firstOffset, source.logStartOffset)
  while (offset <= letters.lastOffset && offset < upTo) {
    const read = await source.log.read(offset, { maxBytes: READ_BYTES, upTo, minOneBatch: true })
    if (read.kind === 'failed') throw new NotNow(read.message)
    if (read.kind === 'outOfRange' || read.sizeBytes === 0) break
    try {
      const bytes = Buffer.concat(read.buffers)
      for (const position of batchesIn(bytes)) {
        for (const record of readRecords(bytes, position, { maxBytes: MAX_UNPACKED_BYTES })) {
          if (record.offset < letters.firstOffset || record.offset > letters.lastOffset) continue
          originals.set(record.offset, { key: record.key, value: record.value })
        }
      }
      offset = read.nextOffset
    } finally {
      read.release()
    }
  }
  return originals
}
