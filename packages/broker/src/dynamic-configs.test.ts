/** Settings that change while the broker runs take effect at once, where they are used. */
import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientConnection } from '@ottla/net'
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  ErrorCode,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol'
import { batch, produceTo, TestBroker } from './test-broker.test.ts'

const ALTER = { request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse }
const DESCRIBE = { request: DescribeConfigsRequest, response: DescribeConfigsResponse }
const BROKER = 4
const BROKER_LOGGER = 8

interface Change {
  readonly type: number
  readonly resource: string
  readonly name: string
  /** Undefined: taken away. */
  readonly value?: string
}

async function alter(connection: ClientConnection, { type, resource, name, value }: Change) {
  const configs = [{ name, configOperation: value === undefined ? 1 : 0, value: value ?? null }]
  const resources = [{ resourceType: type, resourceName: resource, configs }]
  const { responses } = await connection.request(ALTER, 1, { resources })
  return responses[0]!
}

async function levelOf(connection: ClientConnection, resource: string, logger: string): Promise<string | null> {
  const { results } = await connection.request(DESCRIBE, 4, {
    resources: [{ resourceType: BROKER_LOGGER, resourceName: resource, configurationKeys: [logger] }],
  })
  return results[0]?.configs[0]?.value ?? null
}

test('the size of messages is bounded by the newest setting of the cluster, and of the broker over it', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopics({ events: 1 })
  const connection = await broker.connect()
  const big = () => batch([{ value: Buffer.alloc(5000, 1) }])
  const name = 'message.max.bytes'
  equal((await alter(connection, { type: BROKER, resource: '', name, value: '1000' })).errorMessage, null)
  equal((await produceTo(connection, { topic: 'events' }, big())).errorCode, ErrorCode.MESSAGE_TOO_LARGE)
  const own = String(broker.running.nodeId)
  await alter(connection, { type: BROKER, resource: own, name, value: '10000' })
  equal((await produceTo(connection, { topic: 'events' }, big())).errorCode, ErrorCode.NONE)
  await alter(connection, { type: BROKER, resource: own, name })
  equal((await produceTo(connection, { topic: 'events' }, big())).errorCode, ErrorCode.MESSAGE_TOO_LARGE)
})

test('connections of an address are bounded by the newest setting', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  await alter(connection, { type: BROKER, resource: '', name: 'max.connections.per.ip', value: '1' })
  await rejects(broker.connect())
  await alter(connection, { type: BROKER, resource: '', name: 'max.connections.per.ip', value: '2' })
  await broker.connect()
})

test('levels of loggers are set, inherited again when they are taken away, and kept for the root', async (t) => {
  const broker = await TestBroker.start(t)
  const connection = await broker.connect()
  const own = String(broker.running.nodeId)
  const logger = { type: BROKER_LOGGER, resource: own, name: 'broker.replica' }
  equal(await levelOf(connection, own, 'broker.replica'), 'FATAL')
  equal((await alter(connection, { ...logger, value: 'DEBUG' })).errorCode, ErrorCode.NONE)
  equal(await levelOf(connection, own, 'broker.replica'), 'DEBUG')
  equal(broker.env.logLevels.levelOf('broker.replica'), 'debug')
  equal((await alter(connection, logger)).errorCode, ErrorCode.NONE)
  equal(await levelOf(connection, own, 'broker.replica'), 'FATAL')
  const outcomes = [
    await alter(connection, { ...logger, name: 'root' }),
    await alter(connection, { ...logger, value: 'LOUD' }),
    await alter(connection, { ...logger, name: 'no.such.logger', value: 'INFO' }),
    await alter(connection, { ...logger, resource: '77', value: 'INFO' }),
  ]
  deepEqual(
    outcomes.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_CONFIG, ErrorCode.INVALID_CONFIG, ErrorCode.INVALID_REQUEST],
  )
})
