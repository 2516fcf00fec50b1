/**
 * The internal topics of streams applications, made by the broker in the name of the client whose group waits for them (KIP-1071). A topic is asked
 * for at most once at a time; the heartbeat that asks does not wait, as the next one will see. Why a topic could not be made is told with
 * the heartbeats that still miss it.
 */
import type { InternalTopic } from '@ottla/coordinator'
import { ErrorCode, errorOf } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'
import { askController } from '../to-controller.ts'

/** So many failures are remembered at most: more applications than that do not wait in vain at a time. */
const FAILURES_MAX = 1_000

export class StreamsInternalTopics {
  readonly #underWay = new Set<string>()
  readonly #failures = new Map<string, string>()

  /** Starts the creation of what is not under way. Gives why earlier ones failed, by topic. */
  create(context: RequestContext, topics: readonly InternalTopic[]): ReadonlyMap<string, string> {
    const failed = topics.flatMap(({ name }): [string, string][] => {
      const reason = this.#failures.get(name)
      return reason === undefined ? [] : [[name, reason]]
    })
    const wanted = topics.filter(({ name }) => !this.#underWay.has(name))
    if (wanted.length > 0) void this.#create(context, wanted)
    return new Map(failed)
  }

  async #create(context: RequestContext, topics: readonly InternalTopic[]): Promise<void> {
    const { config, logger } = context.broker
    const timeoutMs = config.int('request.timeout.ms')
    for (const { name } of topics) this.#underWay.add(name)
    try {
      const request = { topics: topics.map(newTopic), timeoutMs, validateOnly: false }
      const answer = await askController(context, 19, request, timeoutMs)
      for (const { name, errorCode = ErrorCode.NONE, errorMessage } of answer.topics ?? []) {
        if (name === undefined) continue
        if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) this.#failures.delete(name)
        else this.#failed(name, errorMessage ?? errorOf(errorCode).message)
      }
    } catch (error) {
      for (const { name } of topics) this.#failed(name, error instanceof Error ? error.message : String(error))
      logger.warn('internal topics of a streams group cannot be made', {
        topics: topics.map(({ name }) => name),
        error,
      })
    } finally {
      for (const { name } of topics) this.#underWay.delete(name)
    }
  }

  #failed(name: string, reason: string): void {
    this.#failures.delete(name)
    this.#failures.set(name, reason)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > FAILURES_MAX && oldest !== undefined) this.#failures.delete(oldest)
  }
}

function newTopic({ name, partitionCount, replicationFactor, configs }: InternalTopic) {
  return {
    name,
    numPartitions: partitionCount,
    replicationFactor,
    assignments: [],
    configs: configs.map(({ key, value }) => ({ name: key, value })),
  }
}
