/**
 * Clocks of the brokers beside this machine's. Kafka's protocol has no question for the time, so a record is appended to a topic that stamps records
 * (LogAppendTime), one partition at each broker, made for the moment and deleted: the stamp lies between sending and answer. Only with --write.
 */
import { unwrap } from '@ottla/client'
import { messageOf } from '../failure.ts'
import { formatDuration } from '../quantities.ts'
import { pause } from '../screen/live.ts'
import { type Finding, note, ok, problem } from './finding.ts'
import type { Patient } from './patient.ts'

const READY_MS = 50
/** The first record of a producer waits for its id, the metadata and a connection. */
const ROUNDS = 3

export async function checkClocks(patient: Patient): Promise<Finding[]> {
  const { admin, cluster, io, options } = patient
  if (!options.mayWrite)
    return [
      note(
        'clock-not-measured',
        'the clocks of the brokers were not compared',
        '--write makes a topic for the moment and compares them.',
      ),
    ]
  const name = `ottla-doctor-${io.env.random.uuid()}`
  const brokers = cluster.brokers.filter(({ isFenced }) => !isFenced)
  try {
    const created = await admin.createTopics([
      {
        name,
        assignments: brokers.map(({ id }) => [id]),
        configs: { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '60000' },
      },
    ])
    unwrap(created.get(name))
  } catch (error) {
    return [note('clock-not-measured', `the clocks of the brokers could not be compared: ${messageOf(error)}`)]
  }
  try {
    await pause(io.env, READY_MS, io.signal)
    const findings: Finding[] = []
    for (const [partition, { id }] of brokers.entries())
      findings.push(await compare(patient, { topic: name, partition, broker: id }))
    return findings
  } finally {
    await admin.deleteTopics({ names: [name] })
  }
}

async function compare(
  { session, io, options }: Patient,
  at: { topic: string; partition: number; broker: number },
): Promise<Finding> {
  await using producer = session.kafka.producer()
  const { clock } = io.env
  let best = { skewMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round += 1) {
    const sentAt = clock.now()
    const startedAt = clock.monotonic()
    const { timestamp } = await producer.send({ topic: at.topic, partition: at.partition, value: Buffer.from('clock') })
    const tookMs = clock.monotonic() - startedAt
    // The stamp was set some time between: in the middle, give or take half of it.
    if (tookMs / 2 < best.uncertaintyMs) best = { skewMs: timestamp - (sentAt + tookMs / 2), uncertaintyMs: tookMs / 2 }
  }
  const skew = Math.abs(best.skewMs)
  const shown = `${Math.round(best.skewMs)} ms, give or take ${Math.ceil(best.uncertaintyMs)} ms`
  if (skew - best.uncertaintyMs <= options.clockSkewMaxMs)
    return ok('clock-agrees', `the clock of broker ${at.broker} agrees with this machine's (${shown})`)
  return problem('warning', 'clock-skew', {
    what: `the clock of broker ${at.broker} is ${formatDuration(skew)} ${best.skewMs > 0 ? 'ahead of' : 'behind'} this machine's (${shown})`,
    why: 'Retention, lookups by time, windows of stream processors, tokens and certificates go by these clocks.',
    fix: 'Run NTP or chrony on both.',
  })
}
