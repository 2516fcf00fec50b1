/**
 * `ottla demo`: a small shop to look at. Orders come in, a group bills them and falls behind, a second worker joins and the lag is worked off. On a broker of its own in a
 * temporary folder, or with --context or -b on a cluster that is there; either way it leaves nothing behind.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, Kafka, OffsetMark, unwrap } from '@ottla/client'
import { formatConfigProblem, parseServerProperties } from '@ottla/config'
import { nodeEnv } from '@ottla/env/node'
import type { Io } from '../../io.ts'
import { clientAddress } from '../../server/greeting.ts'
import type { Invocation } from '../command.ts'
import { lagRows } from '../group/lag.ts'
import { formatDuration } from '../quantities.ts'
import { LiveText, pause } from '../screen/live.ts'
import { type DemoPicture, demoLines, type TopicFigures } from './demo-screen.ts'
import { openShop, type Shop, sellFor, work } from './demo-shop.ts'
import { singleBrokerSettings } from './single-broker.ts'

const SELLING_MS = 12_000
const SECOND_WORKER_AFTER_MS = 6000
const FIRST_WORKER_AFTER_MS = 2000
const LOOK_MS = 500
/** Where every look is a line of its own. */
const PLAIN_LOOK_MS = 2000

interface Place {
  readonly kafka: Kafka
  readonly address: string
  /** Stands before names, so that nothing of somebody else's is touched. */
  readonly prefix: string
  close(): Promise<void>
}

export async function run(invocation: Invocation): Promise<void> {
  const { args, io, screen } = invocation
  const sellingMs = args.duration('for') ?? SELLING_MS
  const isElsewhere = args.has('bootstrap-server') || args.has('context')
  const place = isElsewhere ? await placeElsewhere(invocation) : await ownPlace(io)
  const stop = new AbortController()
  const signal = AbortSignal.any([io.signal, stop.signal])
  const shop = await openShop(place.kafka, place.prefix)
  const running: Promise<unknown>[] = []
  try {
    screen.say(
      `A shop at ${screen.style.bold(place.address)}${isElsewhere ? '' : ', on a broker of its own in a temporary folder'}. In another terminal:`,
    )
    screen.say(
      screen.style.dim(
        `  ottla tail ${shop.orders} -b ${place.address}\n  ottla group describe ${shop.group} -b ${place.address}\n`,
      ),
    )
    const start = (what: (at: AbortSignal) => Promise<unknown>, afterMs: number) =>
      running.push(pause(io.env, afterMs, signal).then(() => what(signal)))
    const selling = sellFor(shop, { env: io.env, durationMs: sellingMs, signal })
    running.push(selling)
    start((at) => work(shop, { env: io.env, signal: at }), Math.min(FIRST_WORKER_AFTER_MS, sellingMs))
    start((at) => work(shop, { env: io.env, signal: at }), Math.min(SECOND_WORKER_AFTER_MS, sellingMs))
    await watch(invocation, { place, shop, selling, running })
    screen.say('')
    screen.say('All orders are billed. That was the demo; everything it made is gone.')
  } finally {
    stop.abort(new Error('the demo is over'))
    await Promise.allSettled(running)
    await shop.close(place.kafka.admin())
    await place.close()
  }
}

/** Until nothing is sold any more and everything is billed. */
async function watch(
  { io, screen }: Invocation,
  {
    place,
    shop,
    selling,
    running,
  }: { place: Place; shop: Shop; selling: Promise<unknown>; running: readonly Promise<unknown>[] },
): Promise<void> {
  const admin = place.kafka.admin()
  const live = new LiveText(io.stdout)
  const startedAt = io.env.clock.monotonic()
  let isSelling = true
  selling.then(
    () => {
      isSelling = false
    },
    () => {},
  )
  const failed = new Promise<never>((_, reject) => {
    for (const each of running) each.catch(reject)
  })
  failed.catch(() => {})
  let before: { picture: DemoPicture; at: number } | null = null
  let lagMax = 1
  for (;;) {
    const at = io.env.clock.monotonic()
    const elapsedMs = before === null ? 1 : at - before.at
    const topics = await topicFigures(
      admin,
      [shop.orders, shop.payments],
      before === null ? null : { topics: before.picture.topics, elapsedMs },
    )
    const listings = (await admin.listGroups()).filter(({ group }) => group === shop.group)
    const groups = await lagRows(admin, listings, before === null ? null : { rows: before.picture.groups, elapsedMs })
    const billed = topics[1]!.records
    const lag = topics[0]!.records - billed
    lagMax = Math.max(lagMax, lag)
    const picture = {
      topics,
      groups,
      isSelling,
      lag,
      lagMax,
      elapsed: formatDuration(Math.round((at - startedAt) / 100) * 100),
    }
    live.show(demoLines(picture, screen))
    before = { picture, at }
    if (!isSelling && lag === 0) return
    await Promise.race([pause(io.env, io.stdout.columns === undefined ? PLAIN_LOOK_MS : LOOK_MS, io.signal), failed])
  }
}

async function topicFigures(
  admin: Admin,
  names: readonly string[],
  before: { readonly topics: readonly TopicFigures[]; readonly elapsedMs: number } | null,
): Promise<TopicFigures[]> {
  const described = await admin.describeTopics(names)
  return await Promise.all(
    names.map(async (name) => {
      const { partitions } = unwrap(described.get(name))
      const ends = await admin.listOffsets(
        partitions.map(({ partition }) => ({ topic: name, partition, timestamp: OffsetMark.latest })),
      )
      const records = [...ends.values()].reduce((sum, end) => sum + unwrap(end).offset, 0)
      const last = before?.topics.find((topic) => topic.name === name)
      return {
        name,
        records,
        perSecond: before === null || last === undefined ? null : ((records - last.records) * 1000) / before.elapsedMs,
      }
    }),
  )
}

async function placeElsewhere({ io, open }: Invocation): Promise<Place> {
  const { kafka, target } = await open()
  return {
    kafka,
    address: target.bootstrapServers,
    prefix: `ottla-demo-${io.env.random.uuid().slice(0, 6)}.`,
    close: async () => {},
  }
}

/** A broker in this process, that goes with it. */
async function ownPlace({ env: clientEnv }: Io): Promise<Place> {
  const { startBroker } = await import('@ottla/broker')
  // What a broker remarks has no place in the picture.
  const env = nodeEnv({ logLevel: 'error', timersKeepAlive: true })
  const folder = mkdtempSync(join(tmpdir(), 'ottla-demo-'))
  const clean = () => rmSync(folder, { recursive: true, force: true })
  const text = singleBrokerSettings({ folder, host: 'localhost', port: 0, advertised: null })
  const parsed = parseServerProperties(text, 'ottla demo', [
    ['ottla.http.listener', ''],
    ['offsets.topic.num.partitions', '1'],
  ])
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(formatConfigProblem).join('\n'))
  try {
    const running = await startBroker(env, parsed.config)
    const address = clientAddress(running, parsed.config)
    const kafka = new Kafka({ bootstrapServers: address, env: clientEnv, clientId: 'ottla-demo' })
    const close = async () => {
      await kafka.close()
      await running.stop()
      env.close()
      clean()
    }
    return { kafka, address, prefix: 'shop.', close }
  } catch (error) {
    clean()
    throw error
  }
}
