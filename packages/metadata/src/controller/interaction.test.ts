/**
 * Plays the scripts in testdata/controller: commands in, the whole trace of records and answers out.
 *
 *     CreateTopics@4 {"topics":[{"name":"a","numPartitions":1,"replicationFactor":1}]}
 *     ----
 *     2 TopicRecord {"name":"a","topicId":"…"}
 *     …
 *     → {"topics":[…]}
 *
 * A command is an API with the JSON of its request (fields left out have their defaults, bytes are `base64:…`), `advance <ms>`, or
 * `fail-writes`. `UPDATE=1` writes the traces anew; review them as a diff.
 */
import { equal } from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseServerProperties } from '@ottla/config'
import {
  API_KEYS,
  ApiError,
  apiOf,
  decodeMessage,
  ErrorCode,
  encodeMessage,
  METADATA_RECORDS,
  type MetadataRecord,
  toJson,
  uuidFromBytes,
} from '@ottla/protocol'
import { ShardRuntime } from '@ottla/runtime'
import { SnapshotRegistry } from '@ottla/stdx'
import type { ControllerApiKey } from '../controller-channel.ts'
import { applyRecords } from '../image/image-builder.ts'
import { EMPTY_IMAGE } from '../image/metadata-image.ts'
import { featureLevelRecord } from '../records/make-record.ts'
import { finish } from '../steps.ts'
import { ControllerShard } from './controller-shard.ts'
import type { ControllerTimer } from './controller-view.ts'

const FOLDER = fileURLToPath(new URL('../../testdata/controller/', import.meta.url))
const SESSION_MS = 9000

/** A controller on a log in memory, whose trace is a list of lines. */
class Stage {
  readonly trace: string[] = []
  readonly #shard: ControllerShard
  readonly #runtime: ShardRuntime<ControllerShard, MetadataRecord, never, ControllerTimer>
  #timers: { atMs: number; fn: () => void; isLive: boolean }[] = []
  #nowMs = 0
  #end = 1
  #uuids = 0
  #writesFail = false

  constructor(settings: string, level: number) {
    const parsed = parseServerProperties(settings, 'test.properties')
    if (parsed.kind === 'refused') throw new Error(parsed.problems[0]?.message)
    const registry = new SnapshotRegistry()
    const { image } = applyRecords(EMPTY_IMAGE, [featureLevelRecord('metadata.version', level)], {
      offset: 0,
      epoch: 1,
    })
    this.#shard = new ControllerShard({
      registry,
      clusterId: 'test-cluster',
      nodeId: 1,
      config: parsed.config,
      image,
      brokerSessionTimeoutMs: SESSION_MS,
    })
    this.#runtime = new ShardRuntime({
      shard: this.#shard,
      registry,
      writer: { append: (records) => this.#append(records) },
      clock: { now: () => this.#nowMs, monotonic: () => this.#nowMs },
      timers: {
        after: (delayMs, fn) => {
          const timer = { atMs: this.#nowMs + delayMs, fn, isLive: true }
          this.#timers.push(timer)
          return { cancel: () => void (timer.isLive = false) }
        },
      },
      endOffset: 1,
      onTimerError: (error) => this.trace.push(`timer: ${(error as Error).message}`),
    })
    this.#runtime.start()
  }

  async play(command: string): Promise<void> {
    const [, name = '', version, rest = ''] = /^([\w-]+)(?:@(\d+))?\s*(.*)$/s.exec(command) ?? []
    if (name === 'advance') this.#advance(Number(rest))
    else if (name === 'fail-writes') this.#writesFail = true
    else await this.#request(name, version, rest)
    this.#runtime.committed(this.#end)
    this.#shard.publish(this.#end)
  }

  async #request(name: string, versionText: string | undefined, json: string): Promise<void> {
    const key = API_KEYS[name as keyof typeof API_KEYS]
    const api = apiOf(key)
    if (api === undefined) throw new Error(`no such command: ${name}`)
    const version = versionText === undefined ? api.requestVersions.max : Number(versionText)
    const init = JSON.parse(json, bytesOf) as { readonly topics?: readonly unknown[] }
    const request = decodeMessage(api.request, version, encodeMessage(api.request, version, init as never))
    try {
      const uuids = name === 'CreateTopics' ? (init.topics ?? []).map(() => this.#uuid()) : []
      const answer = this.#runtime.submit<object>((shard, token, now) => {
        const steps = shard.decide(key as ControllerApiKey, request as never, { now, uuids, seed: 7 })
        const { response, ...decision } = finish(steps)
        return { ...decision, replies: [{ token, value: response }] }
      })
      this.#runtime.committed(this.#end)
      this.trace.push(`→ ${JSON.stringify(toJson(api.response, version, (await answer) as never))}`)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.trace.push(`→ ${error.errorName}: ${error.message}`)
    }
  }

  #append(records: readonly MetadataRecord[]): number {
    if (this.#writesFail) {
      this.#writesFail = false
      throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, 'disk full')
    }
    for (const { kind, version, value } of records) {
      const json = JSON.stringify(toJson(METADATA_RECORDS[kind], version, value as never))
      this.trace.push(`${this.#end} ${kind} ${json}`)
      this.#end += 1
    }
    return this.#end
  }

  #advance(ms: number): void {
    const until = this.#nowMs + ms
    for (;;) {
      const next = this.#timers.filter(({ isLive, atMs }) => isLive && atMs <= until).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#nowMs = next.atMs
      next.isLive = false
      next.fn()
    }
    this.#nowMs = until
  }

  #uuid(): string {
    this.#uuids += 1
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(this.#uuids, 0)
    return uuidFromBytes(bytes)
  }
}

interface Step {
  readonly command: string
  readonly expected: string
}

/** Bytes stand in a script as `base64:…`. */
function bytesOf(_name: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('base64:') ? Buffer.from(value.slice(7), 'base64') : value
}

/** Head (comments and settings) and steps of a script. */
function parseScript(text: string): { head: string; settings: string; level: number; steps: Step[] } {
  const [head = '', ...blocks] = text.trimEnd().split('\n\n')
  const settings = head.split('\n').filter((line) => !line.startsWith('#'))
  const level = Number(/^# level: (\d+)$/m.exec(head)?.[1] ?? 33)
  const steps = blocks.map((block) => {
    const [command = '', expected = ''] = block.split('\n----\n')
    return { command: command.replace(/\n----$/, ''), expected }
  })
  return { head, settings: settings.join('\n'), level, steps }
}

async function playScript(text: string): Promise<string> {
  const { head, settings, level, steps } = parseScript(text)
  const stage = new Stage(settings, level)
  const blocks = [head]
  for (const { command } of steps) {
    stage.trace.length = 0
    for (const line of command.split('\n')) if (!line.startsWith('#')) await stage.play(line)
    blocks.push(`${command}\n----\n${stage.trace.join('\n')}`)
  }
  return `${blocks.join('\n\n')}\n`
}

for (const name of readdirSync(FOLDER)) {
  test(`the script ${name} leaves the trace that it says`, async () => {
    const text = readFileSync(FOLDER + name, 'utf8')
    const played = await playScript(text)
    if (process.env['UPDATE'] === '1') writeFileSync(FOLDER + name, played)
    else equal(played, text)
  })
}
