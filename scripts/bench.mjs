/**
 * npm run bench                 all parts
 * npm run bench -- protocol     encode, decode, checksums beside other JavaScript clients
 * npm run bench -- cleaner       log cleaning beside Apache Kafka
 * npm run bench -- data-path    produce, consume, latency, memory, start beside Apache Kafka
 * npm run bench -- clients      Ottla's client beside other clients of Kafka
 * npm run bench -- coordinators commits, rebalances, transactions, memory, loading beside Apache Kafka
 * npm run bench -- micro        small pieces as ratios to a fixed loop, beside recorded ones; only when it is named
 * npm run bench -- soak         half load for twenty minutes, with the memory watched; only when it is named
 */
import { join } from 'node:path'
import { compile, ensureInstalled, fail, root, run } from './lib/workspace.mjs'

const parts = ['protocol', 'cleaner', 'coordinators', 'data-path', 'clients']
const known = [...parts, 'micro', 'soak']
/** Parts that start no broker, and those that start none of Apache Kafka's. */
const withoutBroker = new Set(['protocol', 'micro'])
const alone = new Set([...withoutBroker, 'soak'])
const [chosen, ...rest] = process.argv.slice(2)
if (chosen !== undefined && !known.includes(chosen)) fail(`No bench '${chosen}'; there are: ${known.join(', ')}`)
ensureInstalled()
compile()
if (!withoutBroker.has(chosen)) run(process.execPath, [join(root, 'scripts', 'build.mjs')])
if (!alone.has(chosen)) run(process.execPath, [join(root, 'scripts', 'setup-clients.mjs')])
for (const part of chosen === undefined ? parts : [chosen])
  run(process.execPath, [join(root, 'bench', part, 'run.mjs'), ...rest])
