/**
 * The same requests to Apache Kafka and to this broker, answer held against answer. Differences that are meant stand, with their reasons,
 * in differential/intended.mjs; any other one fails, and so does one that is listed there and does not show.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { API_KEYS } from '@ottla/protocol'
import { apacheSettings, startApacheKafka } from '../../../scripts/lib/apache-kafka.mjs'
import { freePort, startBroker } from '../../../scripts/lib/test-broker.mjs'
import { root } from '../../../scripts/lib/workspace.mjs'
import { differences } from './differences.mjs'
import * as admin from './differential/admin.mjs'
import * as configs from './differential/configs.mjs'
import * as dynamic from './differential/dynamic-settings.mjs'
import * as fetches from './differential/fetches.mjs'
import * as frames from './differential/frames.mjs'
import * as groups from './differential/groups.mjs'
import { INTENDED } from './differential/intended.mjs'
import * as records from './differential/records.mjs'
import * as shares from './differential/shares.mjs'
import { Side } from './differential/side.mjs'
import * as streams from './differential/streams.mjs'
import * as topics from './differential/topics.mjs'
import { command, expect, reporter } from './report.mjs'

const { run } = reporter('Apache Kafka answers', '4.3.1')
/** differential-checks.mjs WORD: only the scenarios whose title contains it. */
const filter = process.argv[2] ?? ''
const SETTINGS = {
  'offsets.topic.num.partitions': '3',
  'share.coordinator.state.topic.num.partitions': '3',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // Members are assigned at once, whenever they come.
  'group.streams.initial.rebalance.delay.ms': '0',
  'group.streams.assignment.interval.ms': '0',
  'node.id': '1',
}

/** Title → scenario, in the order in which they run: later ones list what earlier ones left. */
const SCENARIOS = {
  'refuses odd frames': frames.oddFrames,
  'describes brokers and log dirs': topics.cluster,
  'describes metadata': topics.metadata,
  'creates topics on demand': topics.autoCreation,
  'creates topics': topics.createTopics,
  'deletes topics': topics.deleteTopics,
  'adds partitions': topics.createPartitions,
  'describes topics page by page': topics.describeTopicPartitions,
  'describes settings of topics': configs.topicConfigs,
  'describes settings of brokers': configs.brokerConfigs,
  'has the same defaults': configs.brokerDefaults,
  'refuses to describe': configs.describeErrors,
  'alters settings one by one': configs.alterIncrementally,
  'alters settings as a whole': configs.alterWhole,
  'judges every setting of brokers': dynamic.everyBrokerSetting,
  'judges every setting of topics': dynamic.everyTopicSetting,
  'judges settings of groups and client metrics': dynamic.groupsAndClientMetrics,
  'changes levels of loggers': dynamic.loggers,
  'lists what has settings': dynamic.resources,
  'keeps quotas': admin.clientQuotas,
  'elects leaders': admin.elections,
  'reassigns partitions': admin.reassignments,
  'judges levels of features': admin.features,
  'describes its quorum': admin.quorum,
  'keeps credentials': admin.credentials,
  'refuses what needs security': admin.security,
  'asks for telemetry': admin.telemetry,
  produces: records.produce,
  'knows idempotent producers': records.idempotence,
  'gives producer ids': records.producerIds,
  fetches: fetches.fetch,
  'fetches with strange limits': fetches.strangeLimits,
  'finds and deletes offsets': records.offsets,
  'finds coordinators': groups.coordinators,
  'commits and fetches offsets of groups': groups.offsets,
  'refuses members': groups.joinErrors,
  'leads a group through its life': groups.lifeOfAGroup,
  rebalances: groups.rebalance,
  'keeps static members': groups.staticMember,
  'keeps share state': shares.state,
  'leads share groups': shares.groups,
  'leads streams groups': streams.lifeOfAGroup,
  'judges topologies of streams groups': streams.topologies,
  'refuses members of streams groups': streams.refusals,
  'lists groups': groups.listing,
}

const folder = mkdtempSync(join(tmpdir(), 'ottla-differential-'))
const [kafka, ottla] = await Promise.all([startKafka(), startOttla()])
try {
  const sides = await Promise.all([Side.open(kafka.bootstrap), Side.open(ottla.bootstrap)])
  const [theirs, ours] = sides
  ours.shareWith(theirs)
  theirs.shareWith(ours)
  await Promise.all(sides.map(groups.makeCoordinators))
  const served = new Set(
    Object.entries(API_KEYS)
      .filter(([name]) => ours.versions(name).length > 0)
      .map(([, key]) => key),
  )
  const used = new Set()
  await run('lists what it serves', () => compare((side) => topics.apiVersions(side, served), { sides, used }))
  for (const [title, scenario] of Object.entries(SCENARIOS).filter(([name]) => name.includes(filter)))
    await run(title, () => compare(scenario, { sides, used }))
  if (filter === '')
    await run('differs only where it is meant to', async () => {
      const unseen = INTENDED.filter((entry) => !used.has(entry)).map(({ label, path }) => `${label} ${path ?? ''}`)
      expect(unseen.length === 0, `listed and not seen: ${unseen.join('; ')}`)
    })
  for (const side of sides) side.close()
} finally {
  await Promise.all([kafka.stop('SIGKILL'), ottla.stop()])
  rmSync(folder, { recursive: true, force: true })
}

async function startKafka() {
  const broker = await startApacheKafka({
    folder: mkdtempSync(join(folder, 'kafka-')),
    heap: '384m',
    settings: SETTINGS,
  })
  await broker.started
  return broker
}

/** At the level of Apache Kafka 4.3, and with the settings of its file. */
async function startOttla() {
  const own = mkdtempSync(join(folder, 'own-'))
  const file = join(own, 'format.properties')
  writeFileSync(file, `node.id=1\nlog.dirs=${join(own, 'data')}\n`)
  const args = ['format', '-t', '4L6g3nShT-eMCtK--X86sw', '-c', file, '--release-version', '4.3']
  const formatted = await command(join(root, 'bin', 'kafka-storage.sh'), args)
  expect(formatted.code === 0, formatted.stdout + formatted.stderr)
  const [port, controller] = [await freePort(), await freePort()]
  return startBroker({ folder: own, port, settings: { ...apacheSettings({ port, controller }), ...SETTINGS } })
}

async function compare(scenario, { sides, used }) {
  for (const side of sides) side.answers.clear()
  const ends = await Promise.allSettled(sides.map((side) => scenario(side)))
  for (const { reason } of ends) if (reason !== undefined) throw reason
  const [theirs, ours] = sides.map(({ answers }) => answers)
  const found = []
  for (const label of new Set([...theirs.keys(), ...ours.keys()])) {
    for (const difference of differences(theirs.get(label), ours.get(label))) {
      const entry = INTENDED.find((each) => isMeant(each, label, difference))
      if (entry === undefined) found.push(`${label}: ${difference}`)
      else used.add(entry)
    }
  }
  if (process.env.VERBOSE) for (const line of found) console.error(line)
  expect(found.length === 0, `${found.length} differences: ${found.slice(0, 5).join('; ')}`)
}

function isMeant({ label, path }, found, difference) {
  return matches(label, found) && (path === undefined || path.test(difference))
}

function matches(pattern, text) {
  return typeof pattern === 'string' ? text === pattern : pattern.test(text)
}
