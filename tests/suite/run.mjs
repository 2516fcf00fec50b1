/**
 * npm run test:suite: the public surface of @ottla/client against Ottla, the newest Apache Kafka and Apache Kafka 2.4.1 with ZooKeeper, one
 * after the other. The cases are the same; one whose APIs a broker does not advertise counts as not applicable there.
 *   npm run test:suite -- kafka-2.4          one of the systems: ottla, kafka, kafka-2.4
 *   npm run test:suite -- ottla share        only the cases whose name contains a word
 *   SUITE_BOOTSTRAP=host:port                a broker that runs already (cases that restart it are left out)
 *   --json                                   lines for the real-client tier
 */
import { existsSync } from 'node:fs'
import { missing } from './support/needs.mjs'
import { Progress } from './support/progress.mjs'
import { SYSTEMS } from './support/systems.mjs'
import { World } from './support/world.mjs'

const FILES = [
  'producer',
  'transactions',
  'consumer',
  'groups',
  'runner',
  'messaging',
  'share',
  'admin',
  'admin-groups',
  'lifecycle',
]
const CASE_TIMEOUT_MS = 240_000
const CONCURRENCY = Number(process.env.CONCURRENCY ?? 6)

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const named = words.filter((word) => word in SYSTEMS)
const chosen = named.length > 0 ? named : Object.keys(SYSTEMS)
const filter = words.find((word) => !(word in SYSTEMS))?.toLowerCase() ?? ''
const progress = new Progress(process.argv.includes('--json'))

const cases = []
for (const file of FILES) {
  const { default: list } = await import(`./cases/${file}.mjs`)
  for (const each of list) cases.push({ ...each, name: `${file}: ${each.name}` })
}
const selected = cases.filter(({ name }) => name.toLowerCase().includes(filter))

/** Cases that want the broker restarted wait until all of them do. */
class Restart {
  #left
  #waiting = []
  #perform

  constructor(count, perform) {
    this.#left = count
    this.#perform = perform
  }

  arrive() {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.leave()
    })
  }

  leave() {
    this.#left -= 1
    if (this.#left > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting.splice(0)
    const done = this.#perform()
    for (const { resolve, reject } of waiting) done.then(resolve, reject)
  }
}

async function runCase(system, each, { bootstrap, index, restart }) {
  const started = performance.now()
  let hasArrived = false
  const world = new World({
    bootstrap,
    prefix: `s${index}`,
    restart: () => {
      hasArrived = true
      return restart.arrive()
    },
  })
  let limit
  try {
    const late = new Promise((_, reject) => {
      limit = setTimeout(() => reject(new Error(`not done within ${CASE_TIMEOUT_MS / 1000} s`)), CASE_TIMEOUT_MS)
    })
    await Promise.race([each.run(world), late])
    progress.passed(system, each, performance.now() - started)
  } catch (error) {
    progress.failed(system, each, error)
  } finally {
    clearTimeout(limit)
    if (restart !== null && !hasArrived) restart.leave()
    await world.close()
  }
}

async function runAll(system, list, { bootstrap, concurrency, restart = null }) {
  const queue = [...list]
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await runCase(system, next, {
        bootstrap,
        restart,
        index: cases.indexOf(cases.find(({ name }) => name === next.name)),
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, list.length) }, worker))
}

async function runSystem(system) {
  const { title, needs, start } = SYSTEMS[system]
  const lacking = needs.find((path) => !existsSync(path))
  if (lacking !== undefined) return progress.absent(system, `${lacking} is missing (npm run setup:clients)`)
  const begun = performance.now()
  progress.starting(title)
  const server = process.env.SUITE_BOOTSTRAP
    ? { bootstrap: process.env.SUITE_BOOTSTRAP, stop: async () => {} }
    : await start()
  const { bootstrap } = server
  try {
    progress.started(performance.now() - begun)
    const world = new World({ bootstrap, prefix: 'versions', restart: null })
    const { brokers } = await world.admin.describeCluster()
    const peer = await world.admin.brokerVersions(brokers[0])
    await world.close()
    const able = []
    for (const each of selected) {
      const lack = missing(each.needs, peer)
      if (lack !== null) progress.notApplicable(system, each, lack)
      else if (each.restarts && server.restart === undefined)
        progress.notApplicable(system, each, 'not ours to restart')
      else able.push(each)
    }
    const restarting = able.filter(({ restarts }) => restarts)
    const alone = able.filter(({ isAlone }) => isAlone)
    const others = able.filter(({ restarts, isAlone }) => !restarts && !isAlone)
    await runAll(system, others, { bootstrap, concurrency: CONCURRENCY })
    await runAll(system, alone, { bootstrap, concurrency: 1 })
    const restart = new Restart(restarting.length, () => server.restart())
    await runAll(system, restarting, { bootstrap, restart, concurrency: restarting.length })
  } finally {
    await server.stop()
    progress.over(system, performance.now() - begun)
  }
}

// Nobody waits for it: the client let it go, or a case that failed did.
process.on('unhandledRejection', (error) => progress.stray(error))
for (const system of chosen) await runSystem(system)
progress.matrix(selected, chosen, SYSTEMS)
process.exit(progress.hasFailed ? 1 : 0)
