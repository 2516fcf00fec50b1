import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { parseServerProperties } from '@ottla/config'
import { ConfigResourceType, ConfigsImage } from '@ottla/metadata'
import { ErrorCode, ZERO_UUID } from '@ottla/protocol'
import type { ClientAttributes } from './client-subscriptions.ts'
import { ClientTelemetry } from './client-telemetry.ts'

const ID = 'Jx8CBXgRSl2B5Q0yNIyXUw'
const ATTRIBUTES: ClientAttributes = {
  client_instance_id: ID,
  client_id: 'orders-1',
  client_software_name: 'apache-kafka-java',
  client_software_version: '4.4.0',
  client_source_address: '10.0.0.1',
  client_source_port: '5000',
}
const NOTHING = { terminating: false, compressionType: 0, metrics: Buffer.alloc(0) }

class Stage {
  nowMs = 1_000_000
  readonly telemetry: ClientTelemetry
  #configs = new ConfigsImage()

  constructor(settings = '') {
    const parsed = parseServerProperties(settings, 'test')
    if (parsed.kind === 'refused') throw new Error(parsed.problems[0]?.message)
    this.telemetry = new ClientTelemetry({
      clock: { now: () => this.nowMs, monotonic: () => this.nowMs },
      config: parsed.config,
      uuid: () => ID,
    })
  }

  set(name: string, settings: Record<string, string>): void {
    const resource = { type: ConfigResourceType.CLIENT_METRICS, name }
    this.#configs = this.#configs.with(resource, new Map(Object.entries(settings)))
    this.telemetry.update(this.#configs)
  }

  /** The subscription, or the error. */
  ask(attributes = ATTRIBUTES) {
    const outcome = this.telemetry.subscribe(attributes)
    return outcome.kind === 'subscribed' ? outcome.subscription : outcome.error
  }

  subscription(attributes = ATTRIBUTES) {
    const answer = this.ask(attributes)
    if (typeof answer === 'number') throw new Error(`refused with ${answer}`)
    return answer
  }
}

test('without rules nothing is asked for, every five minutes; a client without an id gets one', () => {
  const stage = new Stage()
  const outcome = stage.telemetry.subscribe({ ...ATTRIBUTES, client_instance_id: ZERO_UUID })
  ok(outcome.kind === 'subscribed')
  equal(outcome.clientInstanceId, ID)
  deepEqual(outcome.subscription.metrics, [])
  equal(outcome.subscription.pushIntervalMs, 300_000)
})

test('rules that match add up, at the shortest interval; one selector that does not match rules a rule out', () => {
  const stage = new Stage()
  stage.set('a', { metrics: 'x.,y.', 'interval.ms': '2000', match: 'client_id=orders-.*' })
  stage.set('b', { metrics: 'y.,z.', 'interval.ms': '1000', match: 'client_software_name=.*java,client_id=orders-1' })
  stage.set('c', { metrics: 'no.', 'interval.ms': '100', match: 'client_id=orders' })
  stage.set('d', { metrics: 'no.', 'interval.ms': '100', match: 'client_id=orders-1,client_source_port=1' })
  const { metrics, pushIntervalMs } = stage.subscription()
  deepEqual(metrics, ['x.', 'y.', 'z.'])
  equal(pushIntervalMs, 1000)
  stage.set('e', { metrics: '*' })
  deepEqual(stage.subscription().metrics, ['*'])
})

test('a changed rule changes the subscription, and who pushes by the old one hears of it', () => {
  const stage = new Stage()
  stage.set('a', { metrics: 'x.', 'interval.ms': '1000' })
  const before = stage.subscription()
  stage.set('a', { metrics: 'y.', 'interval.ms': '1000' })
  const push = { ...NOTHING, subscriptionId: before.id }
  equal(stage.telemetry.push(ATTRIBUTES, push), ErrorCode.UNKNOWN_SUBSCRIPTION_ID)
  stage.nowMs += 1000
  const after = stage.subscription()
  notEqual(after.id, before.id)
  equal(stage.telemetry.push(ATTRIBUTES, { ...push, subscriptionId: after.id }), ErrorCode.NONE)
})

test('who comes before its interval is over is put off; the first push after asking may come at any time', () => {
  const stage = new Stage()
  stage.set('a', { metrics: 'x.', 'interval.ms': '1000' })
  const push = { ...NOTHING, subscriptionId: stage.subscription().id }
  equal(stage.ask(), ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  stage.nowMs += 10
  equal(stage.telemetry.push(ATTRIBUTES, push), ErrorCode.NONE)
  stage.nowMs += 990
  equal(stage.telemetry.push(ATTRIBUTES, push), ErrorCode.THROTTLING_QUOTA_EXCEEDED)
  stage.nowMs += 10
  equal(stage.telemetry.push(ATTRIBUTES, push), ErrorCode.NONE)
})

test('a client that ends may push early, once; nothing is taken from it afterwards', () => {
  const stage = new Stage()
  stage.set('a', { metrics: 'x.', 'interval.ms': '1000' })
  const push = { ...NOTHING, subscriptionId: stage.subscription().id }
  equal(stage.telemetry.push(ATTRIBUTES, push), ErrorCode.NONE)
  equal(stage.telemetry.push(ATTRIBUTES, { ...push, terminating: true }), ErrorCode.NONE)
  stage.nowMs += 5000
  equal(stage.telemetry.push(ATTRIBUTES, push), ErrorCode.INVALID_REQUEST)
})

test('payloads that are too large, packed in unknown ways, or no metrics have their errors; nobody pushes without an id', () => {
  const stage = new Stage('telemetry.max.bytes=100\n')
  stage.set('a', { metrics: 'x.', 'interval.ms': '1000' })
  const subscriptionId = stage.subscription().id
  const push = (change: object) => {
    stage.nowMs += 1000
    return stage.telemetry.push(ATTRIBUTES, { ...NOTHING, subscriptionId, ...change })
  }
  equal(push({ metrics: Buffer.alloc(101) }), ErrorCode.TELEMETRY_TOO_LARGE)
  equal(push({ compressionType: 9 }), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  equal(push({ metrics: Buffer.from([1]) }), ErrorCode.INVALID_RECORD)
  equal(push({ compressionType: 4, metrics: Buffer.from([1]) }), ErrorCode.INVALID_RECORD)
  const unnamed = { ...ATTRIBUTES, client_instance_id: ZERO_UUID }
  equal(stage.telemetry.push(unnamed, { ...NOTHING, subscriptionId }), ErrorCode.INVALID_REQUEST)
})

test('the newest samples of a client are kept until it has been silent for three intervals, a minute at least', () => {
  const stage = new Stage()
  stage.set('a', { metrics: 'x.', 'interval.ms': '1000' })
  const metric = Buffer.concat([
    field(1, Buffer.from('m')),
    field(5, field(1, Buffer.from([0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]))),
  ])
  const metrics = field(1, field(2, field(2, metric)))
  equal(
    stage.telemetry.push(ATTRIBUTES, { ...NOTHING, subscriptionId: stage.subscription().id, metrics }),
    ErrorCode.NONE,
  )
  deepEqual(
    [...stage.telemetry.samples()].map(({ samples }) => samples),
    [[{ metric: 'm', attributes: '', value: 1 }]],
  )
  stage.nowMs += 60_000
  deepEqual([...stage.telemetry.samples()], [])
})

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])
}
