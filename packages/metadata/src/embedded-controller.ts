/**
 * The controller of a single node, behind the channel that brokers know. Requests go through a queue like those of
 * strangers: none is decided in the turn in which it was made.
 */
import type { BrokerConfig } from '@ottla/config'
import type { Env } from '@ottla/env'
import type { LogError, LogResources } from '@ottla/log'
import { ApiError, ErrorCode, type MetadataRecord } from '@ottla/protocol'
import { ShardRuntime } from '@ottla/runtime'
import { AssertionError, Deque, SnapshotRegistry } from '@ottla/stdx'
import { ControllerShard } from './controller/controller-shard.ts'
import type { ControllerTimer, Outcome } from './controller/controller-view.ts'
import type {
  ControllerApiKey,
  ControllerApis,
  ControllerChannel,
  ControllerRequestContext,
  MetadataUpdate,
} from './controller-channel.ts'
import type { MetadataImage } from './image/metadata-image.ts'
import type { MetadataStore } from './metadata-store.ts'
import { finish, type Steps } from './steps.ts'
import { EmbeddedStore } from './store/embedded-store.ts'

export interface EmbeddedControllerOptions {
  readonly resources: LogResources
  readonly config: BrokerConfig
  /** metadata.log.dir, absolute. Locked by the caller. */
  readonly directory: string
  readonly clusterId: string
  readonly nodeId: number
  /** The folder's last stop was clean: the log is not scanned for damage. */
  readonly cleanShutdown?: boolean
  /** Whether what was written and not synced survived the last stop. Default: unknown. */
  readonly pageCache?: 'kept' | 'lost' | 'unknown'
  /** A sync failed in the last run: what is behind the newest snapshot is written again. */
  readonly hadFailedSync?: boolean
  /** The log's disk failed. Told before anything else, so that the folder can be marked. */
  readonly logFailed?: (error: LogError) => void
  /** The metadata log failed: nothing can be decided any more. Called once. */
  readonly onFailed?: (error: Error) => void
}

/** Requests that may wait for their turn. */
const QUEUE_MAX = 10_000
const SEED_BOUND = 2 ** 32

interface Queued {
  readonly apiKey: ControllerApiKey
  readonly request: unknown
  readonly context: ControllerRequestContext
  readonly resolve: (response: never) => void
  readonly reject: (error: unknown) => void
}

export class EmbeddedController implements ControllerChannel {
  readonly #env: Env
  readonly #store: MetadataStore
  readonly #shard: ControllerShard
  readonly #runtime: ShardRuntime<ControllerShard, MetadataRecord, never, ControllerTimer>
  readonly #listeners = new Set<(update: MetadataUpdate) => void>()
  readonly #queue = new Deque<Queued>()
  /** A decision that takes several turns: those behind it wait, since they see what it changes. */
  #current: Steps<void> | null = null
  #isClosed = false
  #image: MetadataImage

  /** Opens the metadata log of the folder, made anew when there is none. Throws MetadataError and LogError. */
  static async open(options: EmbeddedControllerOptions): Promise<EmbeddedController> {
    const { store, image } = await EmbeddedStore.open(options)
    return new EmbeddedController(options, store, image)
  }

  private constructor(options: EmbeddedControllerOptions, store: MetadataStore, image: MetadataImage) {
    const { env } = options.resources
    const { clusterId, nodeId, config } = options
    const registry = new SnapshotRegistry()
    this.#env = env
    this.#store = store
    this.#image = image
    this.#shard = new ControllerShard({ registry, clusterId, nodeId, config, image, brokerSessionTimeoutMs: null })
    this.#runtime = new ShardRuntime({
      shard: this.#shard,
      registry,
      writer: { append: (records) => store.append(this.#runtime.endOffset, records) },
      clock: env.clock,
      timers: env.timers,
      endOffset: store.endOffset,
      onTimerError: (error) => env.logger.warn('a decision of the controller could not be written', { error }),
    })
    store.onCommitted = (committedEnd) => this.#committed(committedEnd)
    store.onReverted = (endOffset, error) => this.#runtime.failed(error, endOffset)
    store.onFailed = (error) => {
      this.#runtime.unload(error)
      options.onFailed?.(error)
    }
    this.#runtime.start()
  }

  get image(): MetadataImage {
    return this.#image
  }

  /** Leader epoch of the metadata log. */
  get epoch(): number {
    return this.#store.epoch
  }

  request<Key extends ControllerApiKey>(
    apiKey: Key,
    request: ControllerApis[Key]['request'],
    context: ControllerRequestContext,
  ): Promise<ControllerApis[Key]['response']> {
    if (this.#isClosed) return Promise.reject(new ApiError(ErrorCode.NOT_CONTROLLER, 'the controller is stopping'))
    if (this.#queue.size >= QUEUE_MAX) {
      return Promise.reject(new ApiError(ErrorCode.REQUEST_TIMED_OUT, 'too many requests wait for the controller'))
    }
    return new Promise((resolve, reject) => {
      if (this.#queue.size === 0 && this.#current === null) this.#env.timers.defer(() => this.#decideNext())
      this.#queue.pushBack({ apiKey, request, context, resolve, reject })
    })
  }

  subscribe(listener: (update: MetadataUpdate) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes no more requests, waits for those under way, writes everything down. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (let work = this.#nextWork(); work !== null; work = this.#nextWork()) finish(work)
    await this.#store.close()
    this.#runtime.unload(new ApiError(ErrorCode.NOT_CONTROLLER, 'the controller has stopped'))
  }

  #decideNext(): void {
    for (let work = this.#nextWork(); work !== null; work = this.#nextWork()) {
      if (work.next().done === true) continue
      this.#current = work
      this.#env.timers.after(0, () => this.#decideNext())
      return
    }
  }

  /** The decision that was begun, or else the next one. */
  #nextWork(): Steps<void> | null {
    const current = this.#current
    this.#current = null
    if (current !== null) return current
    const queued = this.#queue.popFront()
    return queued === undefined ? null : this.#decide(queued)
  }

  *#decide({ apiKey, request, context, resolve, reject }: Queued): Steps<void> {
    const { clock, timers, random } = this.#env
    const remainingMs = context.deadlineMs - clock.now()
    if (remainingMs <= 0) {
      reject(new ApiError(ErrorCode.REQUEST_TIMED_OUT))
      return
    }
    const timer = timers.after(remainingMs, () => reject(new ApiError(ErrorCode.REQUEST_TIMED_OUT)))
    try {
      const input = {
        now: { wallMs: clock.now(), monotonicMs: clock.monotonic() },
        uuids: Array.from({ length: uuidsNeeded(request) }, () => random.uuid()),
        seed: random.below(SEED_BOUND),
        ...(context.mutationQuota === undefined ? {} : { mutationQuota: context.mutationQuota }),
      }
      const {
        records,
        timers = [],
        response,
      } = yield* this.#undisturbed(() => this.#shard.decide(apiKey, request as never, input))
      this.#runtime
        .submit<never>((_shard, token) => ({ records, timers, replies: [{ token, value: response }] }))
        .then(resolve, reject)
        .finally(() => timer.cancel())
    } catch (error) {
      if (error instanceof AssertionError) throw error
      timer.cancel()
      reject(error)
    }
  }

  /**
   * Decides, and prepares the records. In a pause the write of an earlier decision may fail, which takes back what this one has seen: then it is
   * made again.
   */
  *#undisturbed<Response>(decide: () => Steps<Outcome<Response>>): Steps<Outcome<Response>> {
    for (;;) {
      const seen = this.#runtime.endOffset
      const outcome = yield* decide()
      yield* this.#store.prepare(outcome.records)
      if (this.#runtime.endOffset === seen) return outcome
    }
  }

  #committed(committedEnd: number): void {
    const update = this.#shard.publish(committedEnd)
    if (update !== null) {
      this.#image = update.image
      for (const listener of [...this.#listeners]) listener(update)
      this.#store.noteImage(update.image)
    }
    this.#runtime.committed(committedEnd)
  }
}

/** Only CreateTopics takes uuids, one per topic. */
function uuidsNeeded(request: unknown): number {
  const { topics } = request as { readonly topics?: readonly unknown[] }
  return topics?.length ?? 0
}
