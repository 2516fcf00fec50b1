/**
 * A real broker in this process, for tests of programs that speak Kafka: on a free port of the loopback interface, in a temporary folder that
 * goes with it, ready in a few milliseconds. Any number of them may run side by side.
 *
 *     await using broker = await createBroker()
 *     const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningBroker, startBroker } from '@ottla/broker'
import { type BrokerConfig, formatConfigProblem, parseServerProperties } from '@ottla/config'
import type { LogLevel } from '@ottla/env'
import { nodeEnv } from '@ottla/env/node'

export interface CreateBrokerOptions {
  /** Settings of the broker, over those that suit a test. Keys and values as in server.properties. */
  readonly settings?: Readonly<Record<string, string>>
  /** A folder to use and keep, e.g. one from an earlier broker. Default: a temporary one that is deleted at the end. */
  readonly folder?: string
  /** What the broker writes to standard error. Default 'error'. */
  readonly logLevel?: LogLevel
}

/** A broker that runs. Stop it, or leave the block that holds it with `await using`. */
export interface TestBroker extends AsyncDisposable {
  /** host:port, for bootstrap.servers. */
  readonly bootstrap: string
  readonly host: string
  readonly port: number
  readonly clusterId: string
  /** Its data folder. */
  readonly folder: string
  /** Answers what was begun and ends. A temporary folder is deleted. */
  stop(): Promise<void>
}

/**
 * What suits a test: topics are made when they are named, groups do not wait for more members, internal topics are small, and an
 * acknowledgement waits for no disk.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listeners: 'PLAINTEXT://127.0.0.1:0',
  'auto.create.topics.enable': 'true',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '1',
  'ottla.durability': 'replicated',
  'ottla.http.listener': '',
}

/** Starts a broker. Rejects with Error when a setting is wrong, else as `startBroker` of the broker does. */
export async function createBroker(options: CreateBrokerOptions = {}): Promise<TestBroker> {
  const env = nodeEnv({ logLevel: options.logLevel ?? 'error', timersKeepAlive: true })
  const folder = options.folder ?? join(tmpdir(), `ottla-${env.random.uuid()}`)
  const config = configOf({ ...SETTINGS, 'log.dirs': folder, ...options.settings })
  const cleanUp = async (): Promise<void> => {
    if (options.folder === undefined) await env.files.removeDirectory(folder)
    env.close()
  }
  try {
    return testBroker(await startBroker(env, config), { folder, cleanUp })
  } catch (error) {
    await cleanUp()
    throw error
  }
}

function configOf(settings: Readonly<Record<string, string>>): BrokerConfig {
  const parsed = parseServerProperties('', 'createBroker', Object.entries(settings))
  if (parsed.kind === 'config') return parsed.config
  throw new Error(parsed.problems.map(formatConfigProblem).join('\n'))
}

function testBroker(
  running: RunningBroker,
  { folder, cleanUp }: { readonly folder: string; readonly cleanUp: () => Promise<void> },
): TestBroker {
  const { host, port } = running.listeners[0]!
  const address = host === null || host === '' ? '127.0.0.1' : host
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= running.stop().finally(cleanUp)
    return stopped
  }
  return {
    bootstrap: `${address}:${port}`,
    host: address,
    port,
    clusterId: running.clusterId,
    folder,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
