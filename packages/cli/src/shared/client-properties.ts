/** Kafka's client properties (`--command-config FILE`, `--producer-property k=v`) as options of the client. */
import { resolve } from 'node:path'
import {
  type BackoffOptions,
  type ConsumerOptions,
  Kafka,
  type KafkaOptions,
  type ProducerOptions,
  type ShareConsumerOptions,
} from '@ottla/client'
import { parseProperties } from '@ottla/config'
import { FileSystemError } from '@ottla/env'
import { COMPRESSION_NAMES } from '@ottla/protocol'
import type { Io } from '../io.ts'
import { FileError, SettingError } from '../options/usage-error.ts'
import { securityOptions } from './security/security-properties.ts'

export type Properties = ReadonlyMap<string, string>

/** Reads a properties file. Throws ToolError when it is not there. */
export function readProperties(path: string, io: Io): Map<string, string> {
  let text: string
  try {
    text = io.env.files.readFileSync(resolve(io.workingDirectory, path)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new FileError(path, sentence(error))
    throw error
  }
  return new Map(parseProperties(text).map(({ key, value }) => [key, value]))
}

/** `key=value` arguments; the value may be empty, a repeated key takes the last. */
export function pairsOf(args: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const arg of args) {
    const equals = arg.indexOf('=')
    if (equals === -1) pairs.set(arg, '')
    else pairs.set(arg.slice(0, equals), arg.slice(equals + 1))
  }
  return pairs
}

/** A client for the servers. Throws ToolError for a property that cannot be met. */
export function connect(servers: string, properties: Properties, io: Io): Kafka {
  const options: KafkaOptions = {
    bootstrapServers: servers,
    env: io.env,
    ...securityOptions(properties, io),
    ...text(properties, 'client.id', 'clientId'),
    ...number(properties, 'request.timeout.ms', 'requestTimeoutMs'),
    ...number(properties, 'default.api.timeout.ms', 'apiTimeoutMs'),
    ...number(properties, 'socket.connection.setup.timeout.ms', 'connectTimeoutMs'),
    ...number(properties, 'metadata.max.age.ms', 'metadataMaxAgeMs'),
    ...number(properties, 'connections.max.idle.ms', 'idleConnectionMs'),
    ...number(properties, 'metadata.recovery.rebootstrap.trigger.ms', 'metadataRecoveryRebootstrapTriggerMs'),
    ...(oneOf(properties, 'metadata.recovery.strategy', ['rebootstrap', 'none']) === 'none' && {
      metadataRecoveryStrategy: 'none' as const,
    }),
    retryBackoff: backoff(properties, 'retry', 100),
    reconnectBackoff: backoff(properties, 'reconnect', 50),
  }
  return new Kafka(options)
}

export function producerOptions(properties: Properties): ProducerOptions {
  const acks = oneOf(properties, 'acks', ['all', '-1', '0', '1'])
  const compression = oneOf(properties, 'compression.type', COMPRESSION_NAMES)
  const level = compression === undefined ? undefined : properties.get(`compression.${compression}.level`)
  return {
    ...(acks === undefined ? {} : { acks: acks === '0' ? 0 : acks === '1' ? 1 : 'all' }),
    ...(compression === undefined ? {} : { compression: compression as (typeof COMPRESSION_NAMES)[number] }),
    ...(level === undefined ? {} : { compressionLevel: Number(level) }),
    ...bool(properties, 'enable.idempotence', 'isIdempotent'),
    ...number(properties, 'linger.ms', 'lingerMs'),
    ...number(properties, 'batch.size', 'batchBytes'),
    ...number(properties, 'buffer.memory', 'bufferBytes'),
    ...number(properties, 'max.request.size', 'maxRequestBytes'),
    ...number(properties, 'max.in.flight.requests.per.connection', 'maxInFlight'),
    ...number(properties, 'max.block.ms', 'maxBlockMs'),
    ...number(properties, 'delivery.timeout.ms', 'deliveryTimeoutMs'),
    ...number(properties, 'request.timeout.ms', 'requestTimeoutMs'),
    ...number(properties, 'retries', 'retries'),
  }
}

export function consumerOptions(properties: Properties): ConsumerOptions {
  const reset = oneOf(properties, 'auto.offset.reset', ['latest', 'earliest', 'none'])
  const isolation = oneOf(properties, 'isolation.level', ['read_committed', 'read_uncommitted'])
  const protocol = oneOf(properties, 'group.protocol', ['classic', 'consumer', 'CLASSIC', 'CONSUMER'])
  return {
    // Kafka's own default, which scripts that describe the group expect.
    groupProtocol: protocol?.toLowerCase() === 'consumer' ? 'consumer' : 'classic',
    ...text(properties, 'group.remote.assignor', 'groupRemoteAssignor'),
    ...(reset === undefined ? {} : { autoOffsetReset: reset as 'latest' | 'earliest' | 'none' }),
    ...(isolation === undefined ? {} : { isolationLevel: isolation as 'read_committed' | 'read_uncommitted' }),
    ...text(properties, 'group.id', 'groupId'),
    ...text(properties, 'group.instance.id', 'groupInstanceId'),
    ...text(properties, 'client.rack', 'rack'),
    ...bool(properties, 'enable.auto.commit', 'autoCommit'),
    ...bool(properties, 'check.crcs', 'checkCrcs'),
    ...bool(properties, 'allow.auto.create.topics', 'allowAutoCreateTopics'),
    ...number(properties, 'auto.commit.interval.ms', 'autoCommitIntervalMs'),
    ...number(properties, 'session.timeout.ms', 'sessionTimeoutMs'),
    ...number(properties, 'heartbeat.interval.ms', 'heartbeatIntervalMs'),
    ...number(properties, 'max.poll.interval.ms', 'maxPollIntervalMs'),
    ...number(properties, 'max.poll.records', 'maxPollRecords'),
    ...number(properties, 'fetch.min.bytes', 'fetchMinBytes'),
    ...number(properties, 'fetch.max.wait.ms', 'fetchMaxWaitMs'),
    ...number(properties, 'fetch.max.bytes', 'fetchMaxBytes'),
    ...number(properties, 'max.partition.fetch.bytes', 'maxPartitionFetchBytes'),
  }
}

/** What a share consumer knows of the settings, but for its group. */
export function shareConsumerOptions(properties: Properties): Omit<ShareConsumerOptions, 'groupId'> {
  const mode = oneOf(properties, 'share.acquire.mode', ['batch_optimized', 'record_limit'])
  return {
    ...(mode === undefined ? {} : { acquireMode: mode as 'batch_optimized' | 'record_limit' }),
    ...text(properties, 'client.rack', 'rack'),
    ...bool(properties, 'check.crcs', 'checkCrcs'),
    ...number(properties, 'max.poll.records', 'maxRecords'),
    ...number(properties, 'fetch.min.bytes', 'fetchMinBytes'),
    ...number(properties, 'fetch.max.wait.ms', 'fetchMaxWaitMs'),
    ...number(properties, 'fetch.max.bytes', 'fetchMaxBytes'),
  }
}

function backoff(properties: Properties, name: string, initialMs: number): BackoffOptions {
  return {
    initialMs: number(properties, `${name}.backoff.ms`, 'n').n ?? initialMs,
    maxMs: number(properties, `${name}.backoff.max.ms`, 'n').n ?? 1000,
  }
}

function text<N extends string>(properties: Properties, key: string, name: N): { [K in N]?: string } {
  const value = properties.get(key)
  return (value === undefined ? {} : { [name]: value }) as { [K in N]?: string }
}

function number<N extends string>(properties: Properties, key: string, name: N): { [K in N]?: number } {
  const value = properties.get(key)?.trim()
  if (value === undefined) return {}
  if (!/^-?\d+$/.test(value)) {
    throw new SettingError(`Invalid value ${value} for configuration ${key}: Not a number of type INT`)
  }
  return { [name]: Number(value) } as { [K in N]?: number }
}

function bool<N extends string>(properties: Properties, key: string, name: N): { [K in N]?: boolean } {
  const value = properties.get(key)?.trim().toLowerCase()
  if (value === undefined) return {}
  if (value !== 'true' && value !== 'false') {
    throw new SettingError(`Invalid value ${value} for configuration ${key}: Expected value to be either true or false`)
  }
  return { [name]: value === 'true' } as { [K in N]?: boolean }
}

function oneOf(properties: Properties, key: string, values: readonly string[]): string | undefined {
  const value = properties.get(key)
  if (value === undefined || values.includes(value)) return value
  throw new SettingError(`Invalid value ${value} for configuration ${key}: String must be one of: ${values.join(', ')}`)
}

function sentence(error: FileSystemError): string {
  if (error.code === 'ENOENT') return 'there is no such file'
  if (error.code === 'EACCES') return 'the file may not be read'
  return error.message
}
