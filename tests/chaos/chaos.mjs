/**
 * npm run test:chaos: our clients against a broker that is killed and comes again, over and over. Nothing that was acknowledged is lost, nothing is
 * doubled with idempotence, order is kept. Long, and so no part of CI.
 *   npm run test:chaos -- ottla 20          system (README.md lists them), and how often the broker goes
 *   SEED=7                                  the same choices again; what the machine does meanwhile differs
 */
import { Kafka } from '@ottla/client'
import { nodeEnv } from '@ottla/env/node'
import { Prng } from '@ottla/stdx'
import { missing } from '../suite/support/needs.mjs'
import { SYSTEMS } from '../suite/support/systems.mjs'
import { CUT_NETWORKS } from './cut-network.mjs'
import { KAFKA_CLUSTER } from './kafka-cluster.mjs'
import { copying } from './workloads/copying.mjs'
import { grouped } from './workloads/grouped.mjs'
import { producing } from './workloads/producing.mjs'
import { sharing } from './workloads/sharing.mjs'
import { transacting } from './workloads/transacting.mjs'

const name = process.argv[2] ?? 'ottla'
const rounds = Number(process.argv[3] ?? 10)
const seed = Number(process.env.SEED ?? Date.now() % 100_000)
const prng = new Prng(seed)
const STEP_MS = 120_000

const WORKLOADS = [
  producing({ isIdempotent: true }),
  producing({ isIdempotent: false }),
  transacting(),
  grouped({ groupProtocol: 'classic' }),
  grouped({ groupProtocol: 'consumer' }),
  sharing(),
  copying(),
]

const started = performance.now()
const say = (text) => console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`)

async function within(what, work) {
  let limit
  const late = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error(`${what}: not done within ${STEP_MS / 1000} s`)), STEP_MS)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(limit))
}

async function until(what, condition) {
  const end = performance.now() + STEP_MS
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${STEP_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Lets all work for a while, then ends the broker, mostly at once, and has it come again. */
async function round(server, workloads, number) {
  const before = workloads.map(({ progress }) => progress())
  for (const [n, workload] of workloads.entries()) {
    await until(`${workload.title} gets on`, () => workload.failure() !== null || workload.progress() > before[n])
    if (workload.failure() !== null) throw workload.failure()
  }
  await new Promise((resolve) => setTimeout(resolve, prng.below(1500)))
  for (const { disturb } of workloads) disturb?.(prng)
  const signal = prng.below(4) === 0 ? 'SIGTERM' : 'SIGKILL'
  const from = performance.now()
  const what = (await server.restart(signal)) ?? signal
  const all = workloads.map(({ progress }) => progress()).join(' ')
  say(`round ${number}: ${what}, back after ${((performance.now() - from) / 1000).toFixed(1)} s; done so far ${all}`)
}

const system = { ...SYSTEMS, ...CUT_NETWORKS, 'kafka-cluster': KAFKA_CLUSTER }[name]
if (system === undefined) throw new Error(`there is no system ${name}`)
say(`${system.title}, ${rounds} rounds, seed ${seed}`)
const server = await system.start()
const env = nodeEnv({ logLevel: process.env.LOG_LEVEL ?? 'error', timersKeepAlive: true })
const newClient = () => new Kafka({ bootstrapServers: server.bootstrap, env, requestTimeoutMs: 10_000 })
const kafka = newClient()
let hasFailed = false
try {
  const { brokers } = await kafka.admin().describeCluster()
  const peer = await kafka.admin().brokerVersions(brokers[0])
  const workloads = WORKLOADS.filter(({ title, needs }) => {
    const lack = missing(needs, peer)
    if (lack !== null) say(`left out: ${title} (${lack})`)
    return lack === null
  })
  for (const workload of workloads) await workload.start({ kafka, newClient, bootstrap: server.bootstrap, until })
  for (let number = 1; number <= rounds; number++) await round(server, workloads, number)
  for (const workload of workloads) {
    try {
      await within(workload.title, workload.finish())
      say(`holds   ${workload.title}: ${await within(workload.title, workload.verify())}`)
    } catch (error) {
      hasFailed = true
      say(`FAILED  ${workload.title}: ${error.stack}`)
    }
  }
} catch (error) {
  hasFailed = true
  say(`FAILED  ${error.stack}`)
} finally {
  await server.stop()
}
say(hasFailed ? `failed; seed ${seed}` : 'all held')
process.exit(hasFailed ? 1 : 0)
