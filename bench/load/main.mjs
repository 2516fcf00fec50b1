/**
 * The load generator, a process of its own: node bench/load/main.mjs '{"kind":"produce", …}' prints `measuring` when the warm-up is over,
 * and then what was measured as JSON. Kinds: produce, fetch, latency, floor.
 */
import { fetch } from './fetch.mjs'
import { floor, latency } from './latency.mjs'
import { produce } from './produce.mjs'

const { kind, warmMs = 0, ...load } = JSON.parse(process.argv[2])
const kinds = { produce, fetch, latency, floor }

// The warm-up of a latency is part of its run: the rate does not pause.
if (warmMs > 0 && kind !== 'latency' && kind !== 'floor')
  await kinds[kind]({ ...load, records: undefined, durationMs: warmMs })
console.log('measuring')
const before = process.cpuUsage()
const result = await kinds[kind]({ ...load, warmMs })
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ ...result, loadCpuSeconds: (user + system) / 1e6 }))
process.exit(0)
