import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseServerProperties } from '@ottla/config'
import { type Env, writeFileAtomic } from '@ottla/env'
import { createLogResources } from '@ottla/log'
import {
  API_KEYS,
  ApiError,
  apiOf,
  type CreateTopicsResponse,
  decodeMessage,
  ErrorCode,
  encodeMessage,
} from '@ottla/protocol'
import { POWER_LOSS_MODES, Simulation } from '@ottla/sim'
import type { ControllerApiKey, ControllerApis, MetadataUpdate } from './controller-channel.ts'
import { EmbeddedController, type EmbeddedControllerOptions } from './embedded-controller.ts'
import { featureRow, metadataVersionRow, supportedFeatures } from './features.ts'
import { FEATURES } from './features-table.ts'
import { applyRecords } from './image/image-builder.ts'
import { imageRecords } from './image/image-records.ts'
import { EMPTY_IMAGE, type MetadataImage } from './image/metadata-image.ts'
import { MetadataError } from './metadata-error.ts'
import { formatStorage } from './storage/format-storage.ts'
import { readIdentities, resolveNodeId } from './storage/node-identity.ts'
import { readCheckpoint } from './store/checkpoint-file.ts'

const HOST = 'node'
const DATA = '/data'
const LOG = `${DATA}/__cluster_metadata-0`
const GOLDEN = fileURLToPath(new URL('../golden/kafka-4.3.1/', import.meta.url))

/** A node on a simulated machine. */
class Node {
  readonly sim: Simulation
  readonly failures: Error[] = []
  controller!: EmbeddedController
  brokerEpoch = -1

  constructor(seed: number | string) {
    this.sim = new Simulation({ seed })
  }

  get env(): Env {
    return this.sim.env(HOST)
  }

  async open(settings = '', options: Partial<EmbeddedControllerOptions> = {}): Promise<EmbeddedController> {
    const parsed = parseServerProperties(`node.id=1\n${settings}`, 'server.properties')
    if (parsed.kind === 'refused') throw new Error(parsed.problems[0]?.message)
    this.controller = await EmbeddedController.open({
      resources: createLogResources(this.env),
      config: parsed.config,
      directory: DATA,
      clusterId: 'cluster',
      nodeId: 1,
      onFailed: (error) => this.failures.push(error),
      ...options,
    })
    return this.controller
  }

  /** Asks with a request whose missing fields have their defaults. */
  ask<Key extends ControllerApiKey>(
    key: Key,
    init: object,
    deadlineInMs = 5000,
  ): Promise<ControllerApis[Key]['response']> {
    const api = apiOf(key)
    if (api === undefined) throw new Error(`no API ${key}`)
    const version = api.requestVersions.max
    const request = decodeMessage(api.request, version, encodeMessage(api.request, version, init as never))
    const context = { principal: 'User:ANONYMOUS', deadlineMs: this.env.clock.now() + deadlineInMs }
    return this.controller.request(key, request as unknown as ControllerApis[Key]['request'], context)
  }

  /** Registers the broker and has it unfenced. */
  async join(features: ReadonlyMap<string, { min: number; max: number }> = supportedFeatures()): Promise<void> {
    const answer = await this.ask(API_KEYS.BrokerRegistration, {
      brokerId: 1,
      clusterId: 'cluster',
      incarnationId: this.env.random.uuid(),
      listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }],
      features: Array.from(features, ([name, { min, max }]) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      logDirs: [this.env.random.uuid()],
    })
    equal(answer.errorCode, ErrorCode.NONE)
    this.brokerEpoch = answer.brokerEpoch
    const beat = await this.ask(API_KEYS.BrokerHeartbeat, {
      brokerId: 1,
      brokerEpoch: answer.brokerEpoch,
      currentMetadataOffset: this.controller.image.offset,
    })
    equal(beat.isFenced, false)
  }

  async createTopic(name: string, partitions = 1): Promise<CreateTopicsResponse['topics'][number]> {
    const { topics } = await this.ask(API_KEYS.CreateTopics, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1 }],
    })
    return topics[0]!
  }

  /** Puts a folder of the repository onto the simulated disk. */
  async install(folder: string, target = DATA): Promise<void> {
    await this.env.files.makeDirectory(target)
    for (const name of readdirSync(folder)) {
      const [from, to] = [`${folder}/${name}`, `${target}/${name}`]
      if (statSync(from).isDirectory()) await this.install(from, to)
      else await writeFileAtomic(this.env.files, to, readFileSync(from))
    }
  }

  async snapshots(): Promise<string[]> {
    return (await this.env.files.list(LOG)).map(({ name }) => name).filter((name) => name.endsWith('.checkpoint'))
  }
}

/** Features that work, at the level that does. */
const WORKING = FEATURES.filter(({ works }) => works > 0).map(({ name, works }): [string, number] => [name, works])

/** What Apache Kafka 4.3.1 finalizes, as far as it works here. */
const AS_OF_4_3 = Object.entries(metadataVersionRow(30)?.featureDefaults ?? {})
  .map(([name, level]): [string, number] => [name, Math.min(level, featureRow(name)?.works ?? 0)])
  .filter(([, level]) => level > 0)

function names(image: MetadataImage): string[] {
  return [...image.topics.all()].map(({ name }) => name)
}

test('a new folder needs no format: it starts at the newest level that works, with every feature that works', async () => {
  const node = new Node(1)
  await node.sim.run(async () => {
    const { image, epoch } = await node.open()
    deepEqual(new Map(image.features.finalized), new Map([['metadata.version', 33], ...WORKING]))
    equal(epoch, 1)
    equal(
      (await node.env.files.readFile(`${LOG}/quorum-state`)).toString(),
      '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
    )
  })
})

test('an answer comes after the subscribers have seen the image with it, and survives a restart', async () => {
  const node = new Node(2)
  await node.sim.run(async () => {
    await node.open()
    await node.join()
    const updates: MetadataUpdate[] = []
    const unsubscribe = node.controller.subscribe((update) => updates.push(update))
    const topic = await node.createTopic('a', 3)
    equal(topic.errorCode, ErrorCode.NONE)
    deepEqual(
      updates.map(({ delta }) => [...delta.topics.keys()]),
      [[topic.topicId]],
    )
    equal(node.controller.image, updates[0]?.image)
    unsubscribe()
    await node.createTopic('b')
    equal(updates.length, 1)
    const before = [...imageRecords(node.controller.image)]
    await node.controller.close()
    const { image, epoch } = await node.open('', { cleanShutdown: true })
    deepEqual([...imageRecords(image)], before)
    equal(epoch, 2)
    await node.join()
    ok(node.brokerEpoch > image.offset, 'a registration after the restart is newer than all before it')
  })
})

test('what was answered survives a loss of power, at whatever point and in whatever way it comes', async () => {
  for (let seed = 0; seed < Number(process.env['SEEDS'] ?? 60); seed += 1) {
    const node = new Node(`power-${seed}`)
    await node.sim.run(async () => {
      const everyFewBytes = 'metadata.log.max.record.bytes.between.snapshots=700'
      await node.open(everyFewBytes)
      await node.join()
      const answered = new Set<string>()
      for (let life = 0; life < 4; life += 1) {
        const crashAt = node.sim.now + node.sim.random.below(40)
        let isDown = false
        for (let index = 0; !isDown; index += 1) {
          const name = `t-${life}-${index}`
          const answer = node.createTopic(name).then((topic) => {
            if (topic.errorCode === ErrorCode.NONE && !isDown) answered.add(name)
          })
          answer.catch(() => {})
          await node.sim.sleep(node.sim.random.below(4))
          isDown = node.sim.now >= crashAt
        }
        const mode = POWER_LOSS_MODES[node.sim.random.below(POWER_LOSS_MODES.length)]
        const kind = node.sim.random.below(2) === 0 ? 'power' : 'process'
        await node.sim.crash(HOST, kind, mode)
        const { image } = await node.open(everyFewBytes, { pageCache: kind === 'power' ? 'lost' : 'kept' })
        for (const name of answered)
          ok(image.topics.byName(name), `${name} is there after crash ${life} (seed ${seed})`)
        await node.join()
      }
    })
  }
})

test('snapshots are taken, two are kept, and the log begins at the older one', async () => {
  const node = new Node(3)
  await node.sim.run(async () => {
    await node.open('metadata.log.max.record.bytes.between.snapshots=2000')
    await node.join()
    for (let index = 0; index < 60; index += 1) {
      await node.createTopic(`t-${index}`, 2)
      await node.sim.sleep(5)
    }
    const kept = await node.snapshots()
    equal(kept.length, 2)
    for (const name of kept) {
      const contents = readCheckpoint(await node.env.files.readFile(`${LOG}/${name}`))
      const { image } = applyRecords(EMPTY_IMAGE, contents?.records ?? [], { offset: 0, epoch: 1 })
      ok(image.topics.size > 10)
    }
    const before = [...imageRecords(node.controller.image)]
    await node.controller.close()
    await node.open()
    deepEqual([...imageRecords(node.controller.image)], before)

    // The newest snapshot is damaged: the older one and the log behind it give the same.
    await node.controller.close()
    const newest = `${LOG}/${kept.sort().at(-1)}`
    await node.env.files.writeFile(newest, (await node.env.files.readFile(newest)).subarray(0, 900))
    await node.open()
    deepEqual([...imageRecords(node.controller.image)], before)
  })
})

test('a full disk refuses the request and takes nothing of it; when space returns, requests succeed', async () => {
  const node = new Node(4)
  await node.sim.run(async () => {
    await node.open()
    await node.join()
    node.sim.host(HOST).disk.faults.inject({
      operation: 'write',
      effect: { kind: 'error', code: 'ENOSPC' },
      path: (path) => path.startsWith(LOG),
      times: 1,
    })
    await rejects(
      node.createTopic('a'),
      (error) => error instanceof ApiError && error.code === ErrorCode.KAFKA_STORAGE_ERROR,
    )
    deepEqual(names(node.controller.image), [])
    equal((await node.createTopic('a')).errorCode, ErrorCode.NONE)
    deepEqual(names(node.controller.image), ['a'])
    deepEqual(node.failures, [])
  })
})

test('a failed sync ends the controller: every request that waits is rejected, and none is taken any more', async () => {
  const node = new Node(5)
  await node.sim.run(async () => {
    await node.open()
    await node.join()
    node.sim.host(HOST).disk.faults.inject({
      operation: 'sync',
      effect: { kind: 'error', code: 'EIO' },
      path: (path) => path.startsWith(LOG),
    })
    await rejects(
      node.createTopic('a'),
      (error) => error instanceof ApiError && error.code === ErrorCode.KAFKA_STORAGE_ERROR,
    )
    await rejects(
      node.createTopic('b'),
      (error) => error instanceof ApiError && error.code === ErrorCode.KAFKA_STORAGE_ERROR,
    )
    equal(node.failures.length, 1)
    deepEqual(names(node.controller.image), [])
  })
})

test('a request is not decided after its deadline, and not answered after it', async () => {
  const node = new Node(6)
  await node.sim.run(async () => {
    await node.open()
    await node.join()
    const isTimeout = (error: unknown) => error instanceof ApiError && error.code === ErrorCode.REQUEST_TIMED_OUT
    await rejects(node.ask(API_KEYS.CreateTopics, { topics: [{ name: 'late' }] }, 0), isTimeout)
    node.sim.host(HOST).disk.faults.inject({
      operation: 'sync',
      effect: { kind: 'slow', ms: 1000 },
      path: (path) => path.startsWith(LOG),
    })
    const topics = [{ name: 'slow', numPartitions: 1, replicationFactor: 1 }]
    await rejects(node.ask(API_KEYS.CreateTopics, { topics }, 100), isTimeout)
    await node.sim.until(() => node.controller.image.topics.byName('slow') !== undefined)
    equal(node.controller.image.topics.byName('late'), undefined)
  })
})

test('requests of one turn are decided in order, each on what the one before left', async () => {
  const node = new Node(7)
  await node.sim.run(async () => {
    await node.open()
    await node.join()
    const answers = await Promise.all([node.createTopic('a'), node.createTopic('a'), node.createTopic('b')])
    deepEqual(
      answers.map(({ errorCode }) => errorCode),
      [ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS, ErrorCode.NONE],
    )
  })
})

test('ten thousand partitions take turns of five hundred; they are seen all at once, requests behind wait, a close waits', async () => {
  const node = new Node('large')
  await node.sim.run(async () => {
    let pauses = 0
    const { timers } = node.env
    const counted = {
      defer: (fn: () => void) => timers.defer(fn),
      after: (ms: number, fn: () => void) => {
        if (ms === 0) pauses += 1
        return timers.after(ms, fn)
      },
    }
    const { image } = await node.open('', { resources: createLogResources({ ...node.env, timers: counted }) })
    equal(image.topics.size, 0)
    await node.join()
    const seen = new Set<number | undefined>()
    node.controller.subscribe(({ image }) => seen.add(image.topics.byName('one')?.partitions.length))
    const answers = await Promise.all([node.createTopic('one', 10_000), node.createTopic('one')])
    deepEqual([answers[0].errorCode, answers[1].errorCode], [ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS])
    ok(pauses >= 4 * 19, `placed, made, recorded and encoded: ${pauses} pauses`)
    deepEqual(seen, new Set([10_000]))

    pauses = 0
    const last = node.createTopic('two', 10_000)
    await node.sim.until(() => pauses === 30)
    await node.controller.close()
    equal((await last).errorCode, ErrorCode.NONE)
    equal((await node.open()).image.topics.byName('two')?.partitions.length, 10_000)
  })
})

test('a decision of several turns is made again when what it saw is taken back meanwhile', async () => {
  const node = new Node('taken back')
  await node.sim.run(async () => {
    await node.open()
    await node.join()
    node.sim.host(HOST).disk.faults.inject({
      operation: 'write',
      effect: { kind: 'error', code: 'ENOSPC' },
      path: (path) => path.startsWith(LOG),
    })
    const small = node.createTopic('one')
    const large = node.ask(API_KEYS.CreatePartitions, {
      topics: [{ name: 'one', count: 9_000, assignments: null }],
    })
    await rejects(small, (error) => error instanceof ApiError && error.code === ErrorCode.KAFKA_STORAGE_ERROR)
    equal((await large).results[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    equal((await node.createTopic('one')).errorCode, ErrorCode.NONE)
    deepEqual(node.failures, [])
  })
})

for (const folder of ['static-voters', 'dynamic-voters']) {
  test(`a folder of Apache Kafka 4.3.1 (${folder}) is opened with all it says, and what does not work here is off`, async () => {
    const node = new Node(folder)
    await node.sim.run(async () => {
      await node.install(GOLDEN + folder)
      const { image, epoch } = await node.open('metadata.log.max.record.bytes.between.snapshots=1')
      equal(epoch, 2)
      deepEqual(names(image), ['one'])
      equal(image.topics.byName('one')?.partitions.length, 3)
      deepEqual([...image.configs.of(2, 'one')], [['retention.ms', '5000']])
      equal(image.configs.of(4, '').get('log.retention.ms'), '777000')
      deepEqual(new Map(image.features.finalized), new Map([['metadata.version', 30], ...AS_OF_4_3]))
      equal(image.features.stored.get('transaction.version'), 2)
      equal(image.scramCredentials.size, 1)
      deepEqual(
        [...image.clientQuotas.all()].map(({ values }) => [...values]),
        [[['producer_byte_rate', 1000]]],
      )
      equal(image.topics.partition('one', 0)?.leader, -1, 'Kafka stopped in order: nobody leads')

      // The broker comes back: whoever Kafka noted as eligible leads again.
      await node.join()
      const partition = node.controller.image.topics.partition('one', 0)
      deepEqual([partition?.leader, partition?.isr, partition?.eligibleLeaderReplicas], [1, [1], []])
      await node.controller.close()
      const [newest] = (await node.snapshots()).sort().reverse()
      const contents = readCheckpoint(await node.env.files.readFile(`${LOG}/${newest}`))
      equal(
        contents?.controls.length,
        folder === 'static-voters' ? 0 : 2,
        'voters are handed on from snapshot to snapshot',
      )
    })
  })
}

test('features that came to work since a folder was last used are turned on; what somebody turned off stays off', async () => {
  for (const [seed, older] of [
    [91, new Map([['metadata.version', { min: 7, max: 33 }]])],
    [92, supportedFeatures()],
  ] as const) {
    const node = new Node(seed)
    await node.sim.run(async () => {
      const format = { clusterId: 'cluster', nodeId: 1, directories: [DATA], metadataDirectory: DATA }
      const off = new Map(FEATURES.map(({ name }) => [name, 0]))
      await formatStorage(node.env, { ...format, releaseVersion: '4.4', features: off })
      equal((await node.open()).image.features.level('transaction.version'), 0)
      await node.join(older)
      await node.controller.close()
      const { image } = await node.open()
      equal(image.features.level('transaction.version'), seed === 91 ? 2 : 0)
    })
  }
})

test('a folder that was formatted and never started begins with the levels of the format', async () => {
  const node = new Node(8)
  await node.sim.run(async () => {
    const { env } = node
    const format = { clusterId: 'cluster', nodeId: 1, directories: [DATA, '/data2'], metadataDirectory: DATA }
    const result = await formatStorage(env, { ...format, releaseVersion: '4.3' })
    deepEqual(result, {
      metadataVersion: 30,
      formatted: [
        { directory: DATA, kind: 'metadata' },
        { directory: '/data2', kind: 'data' },
      ],
      skipped: [],
    })
    const { image } = await node.open()
    deepEqual(new Map(image.features.finalized), new Map([['metadata.version', 30], ...AS_OF_4_3]))
    await node.controller.close()
    await rejects(formatStorage(env, format), /already formatted/)
    deepEqual((await formatStorage(env, { ...format, whenFormatted: 'skip' })).skipped, [DATA, '/data2'])
    await rejects(
      formatStorage(env, { ...format, clusterId: 'other', whenFormatted: 'skip' }),
      /belongs to cluster cluster/,
    )
  })
})

test('a format refuses levels that do not work here', async () => {
  const node = new Node(9)
  await node.sim.run(async () => {
    const format = { clusterId: 'c', nodeId: 1, directories: [DATA], metadataDirectory: DATA }
    const refuses = (options: object, reason: RegExp) =>
      rejects(formatStorage(node.env, { ...format, ...options }), (error: unknown) => {
        ok(error instanceof MetadataError && error.code === 'INVALID_FORMAT')
        match(error.message, reason)
        return true
      })
    await refuses(
      { features: new Map([['eligible.leader.replicas.version', 1]]) },
      /Level 1 of eligible.leader.replicas.version is not there yet/,
    )
    await refuses({ features: new Map([['nonsense', 1]]) }, /Unsupported feature: nonsense/)
    await refuses({ releaseVersion: '2.4' }, /Unknown metadata.version '2.4'/)
    await refuses({ releaseVersion: '4.5' }, /Unknown metadata.version '4.5'/)
    await refuses({ releaseVersion: '4.3', features: new Map([['metadata.version', 30]]) }, /cannot both be given/)
    equal(await node.env.files.stat(DATA), null)
  })
})

test('a node’s id comes from its folders, then from its settings; when they differ nothing starts', async () => {
  const node = new Node(10)
  await node.sim.run(async () => {
    const { files } = node.env
    const config = (text: string) => {
      const parsed = parseServerProperties(text, 'server.properties')
      if (parsed.kind === 'refused') throw new Error(parsed.problems[0]?.message)
      return parsed.config
    }
    equal(await resolveNodeId(files, config(''), [DATA]), 1)
    equal(await resolveNodeId(files, config('broker.id=0'), [DATA]), 0)
    await formatStorage(node.env, { clusterId: 'c', nodeId: 7, directories: [DATA], metadataDirectory: DATA })
    equal(await resolveNodeId(files, config(''), [DATA, '/new']), 7)
    await rejects(resolveNodeId(files, config('node.id=1'), [DATA]), /belongs to node 7, but server.properties says 1/)
    deepEqual(
      (await readIdentities(files, [DATA, '/new'])).map(({ meta }) => meta?.nodeId),
      [7, undefined],
    )
  })
})

test('a folder of a newer release, or of a quorum with other voters, is refused untouched', async () => {
  const node = new Node(11)
  await node.sim.run(async () => {
    await node.install(`${GOLDEN}dynamic-voters`)
    const before = await node.env.files.readFile(`${LOG}/quorum-state`)
    await rejects(
      node.open('', { nodeId: 2 }),
      (error) => error instanceof MetadataError && error.code === 'OTHER_VOTERS',
    )
    deepEqual(await node.env.files.readFile(`${LOG}/quorum-state`), before)
  })
})
