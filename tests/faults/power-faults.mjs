/**
 * The power goes, on a file system of the kernel: what the device holds at one moment is all there is afterwards. Under the durability
 * fsync nothing acknowledged is lost: records, topics, committed offsets; and nothing is doubled.
 *
 * Two ways. A copy of the device while the server stands still for a moment: what was in the page cache alone is not in the copy. And
 * a shutdown of the file system under the running server, after which nothing reaches the device. Both times the machine
 * tells another boot than before, as it would.
 */
import { join } from 'node:path'
import { expect } from '../clients/tools/report.mjs'
import { expectEqual, pause, runCases, until } from './support/cases.mjs'
import { enterMountNamespace, LoopDisk, pretendBoot } from './support/disks.mjs'
import { abilities } from './support/machine.mjs'
import { freePort, makeFolder, plainSettings, startServer } from './support/server.mjs'
import { connect } from './support/wire.mjs'
import { checkLog, Workload } from './support/workload.mjs'

const can = abilities()
if (can.loop === undefined) await enterMountNamespace()

const TOPIC = 'records'
const PARTITIONS = 3
const COPIES = 6
const CUTS = 6
/** Small segments: rolling is part of what is interrupted. */
const SETTINGS = { 'log.segment.bytes': '1048576', 'offsets.topic.num.partitions': '3' }
const LOAD = { topic: TOPIC, partitions: PARTITIONS, writers: 6, valueBytes: 1000, batch: 10, idempotent: true }

function settingsOn(disk, port, durability) {
  return plainSettings(port, join(disk.path, 'data'), { ...SETTINGS, 'ottla.durability': durability })
}

/** Commits and makes topics, one after the other, and knows what was acknowledged. */
class Clerk {
  committed = -1
  topics = []
  #isOver = false
  #era = 0
  #running

  constructor(c, port) {
    c.defer(() => (this.#isOver = true))
    this.#running = this.#run(c, port)
  }

  async stop() {
    this.#isOver = true
    await this.#running
  }

  /** See Workload. */
  cutOff() {
    this.#era += 1
  }

  async #run(c, port) {
    let client = null
    for (let number = 0; !this.#isOver; number += 1) {
      try {
        client ??= await connect(c, port, { timeoutMs: 10_000 })
        const era = this.#era
        const isDone = (errorCode) => errorCode === 0 && era === this.#era
        if (isDone(await client.commit('clerks', TOPIC, { offset: number }))) this.committed = number
        if (number % 10 === 0 && isDone(await client.tryCreate(`made-${number}`))) this.topics.push(`made-${number}`)
      } catch (error) {
        if (error.name !== 'ConnectionError') throw error
        client?.close()
        client = null
        await pause(20)
      }
    }
    client?.close()
  }
}

async function checkAll(c, port, { acked, committed, topics }) {
  const client = await connect(c, port)
  const count = await checkLog(client, TOPIC, { partitions: PARTITIONS, acked })
  await client.coordinatorReady('clerks')
  const found = await client.committed('clerks', TOPIC)
  expect(found.offset >= committed, `offset ${committed} was committed, ${found.offset} is there`)
  const names = new Set(
    (await client.metadata(topics)).topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name),
  )
  const lost = topics.filter((name) => !names.has(name))
  expectEqual(lost, [], 'topics that were made and are lost')
  // It goes on: writing works where the log ended.
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const { errorCode, baseOffset } = await client.produce(TOPIC, [`on-${partition}-${Math.random()}`], { partition })
    expectEqual(errorCode, 0, 'error of a produce afterwards')
    expectEqual(await client.endOffset(TOPIC, partition), baseOffset + 1, 'end afterwards')
  }
  client.close()
  return count
}

async function begin(c, durability) {
  const disk = new LoopDisk(c, { mib: 160 })
  const machine = pretendBoot(c)
  const port = await freePort()
  const folder = makeFolder(c)
  const settings = settingsOn(disk, port, durability)
  const server = await startServer(c, folder, settings)
  const client = await connect(c, port)
  await client.create(TOPIC, { partitions: PARTITIONS })
  await client.coordinatorReady('clerks')
  client.close()
  const load = new Workload(c, { port, ...LOAD }).start()
  const clerk = new Clerk(c, port)
  return { disk, machine, port, folder, settings, server, load, clerk }
}

/** Images of one run, each a moment at which the power might have gone. */
async function copies(c) {
  const { disk, machine, server, load, clerk } = await begin(c, 'fsync')
  const images = []
  for (let i = 0; i < COPIES; i += 1) {
    await load.more(400 + Math.floor(Math.random() * 1200))
    // Nothing of the server moves while the device is copied; what it had acknowledged by now must be in the copy.
    server.kill('SIGSTOP')
    const acked = load.snapshot()
    const { committed } = clerk
    images.push({ image: disk.copyImage(c), acked, committed, topics: [...clerk.topics] })
    server.kill('SIGCONT')
  }
  await load.stop()
  await clerk.stop()
  await server.stop('SIGKILL')
  for (const { image, ...told } of images) {
    machine.restarted()
    const copy = new LoopDisk(c, { image })
    const port = await freePort()
    const again = await startServer(c, makeFolder(c), settingsOn(copy, port, 'fsync'))
    const count = await checkAll(c, port, told)
    console.error(
      `  ${told.acked.size} acknowledged, ${count} there; commit ${told.committed}, ${told.topics.length} topics`,
    )
    expectEqual((await again.stop()).code, 0, 'exit code')
    copy.unmount()
  }
}

/** The power goes on one folder again and again; the writers send what was not acknowledged again. */
async function cuts(c) {
  const { disk, machine, port, folder, settings, server: first, load, clerk } = await begin(c, 'fsync')
  let server = first
  for (let i = 0; i < CUTS; i += 1) {
    await load.more(400 + Math.floor(Math.random() * 1200))
    // Answers under way are lost with the power. Some of them must be: a sync that meets the shutdown may be told as done
    // by the kernel and not be on the device.
    load.cutOff()
    clerk.cutOff()
    disk.cutPower()
    await server.end()
    disk.unmount()
    disk.remount()
    machine.restarted()
    server = await startServer(c, folder, settings)
  }
  await load.more(400)
  await load.stop()
  await clerk.stop()
  const count = await checkAll(c, port, { acked: load.acked, committed: clerk.committed, topics: clerk.topics })
  console.error(
    `  ${load.acked.size} acknowledged, ${count} there; commit ${clerk.committed}, ${clerk.topics.length} topics`,
  )
}

/** Proof that the cut cuts: what the page cache alone had is lost, and that is told by nothing but the end of the log. */
async function pageCacheIsLost(c) {
  const { disk, machine, port, folder, settings, server, load, clerk } = await begin(c, 'replicated')
  await load.more(3000)
  load.cutOff()
  clerk.cutOff()
  disk.cutPower()
  await server.end()
  await load.stop()
  await clerk.stop()
  disk.unmount()
  disk.remount()
  machine.restarted()
  await startServer(c, folder, settings)
  const client = await connect(c, port)
  let count = 0
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = await client.read(TOPIC, { partition })
    records.forEach(({ offset, value }, index) => {
      expectEqual(offset, index, `offset in partition ${partition}`)
      const told = load.acked.get(value)
      expect(told === undefined || told.offset === offset, `${value.slice(0, 20)} is at ${offset}`)
    })
    count += records.length
  }
  expect(count < load.acked.size, `all ${count} records are there: the power did not go`)
  const lost =
    clerk.topics.length - (await client.metadata(clerk.topics)).topics.filter((t) => t.errorCode === 0).length
  expectEqual(lost, 0, 'topics that were made and are lost')
  await until(async () => (await client.produce(TOPIC, ['on'])).errorCode === 0, 'a produce afterwards')
  console.error(`  ${load.acked.size} acknowledged, ${count} there`)
}

await runCases('power', [
  [`fsync: in ${COPIES} copies of the device under load nothing acknowledged is lost or doubled`, copies, can.loop],
  [`fsync: ${CUTS} power cuts under load on one folder lose and double nothing`, cuts, can.loop],
  [
    'replicated: with one replica the same cut loses what only the page cache had, and a prefix is left; topics are all there',
    pageCacheIsLost,
    can.loop,
  ],
])
