/** `ottla doctor`: looks for the classic mistakes, says why they matter and what to do. */
import type { BrokerNode } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { targetOf } from '../context/target.ts'
import { messageOf } from '../failure.ts'
import type { Screen } from '../screen/screen.ts'
import type { Session } from '../session.ts'
import { checkAdvertised, checkBootstrap } from './addresses.ts'
import { checkCluster, checkVersions } from './brokers.ts'
import { checkClocks } from './clock.ts'
import { type Finding, problem, type Severity } from './finding.ts'
import { checkGroups } from './groups.ts'
import { checkDisks, checkLimits } from './machine.ts'
import { checkPartitions, checkTopicSettings } from './partitions.ts'
import { isLoopback, type Patient } from './patient.ts'

const WAIT_MS = 3000
const CLOCK_SKEW_MAX_MS = 500

type Check = (patient: Patient) => Finding[] | Promise<Finding[]>

const CHECKS: readonly Check[] = [
  checkCluster,
  checkVersions,
  checkPartitions,
  checkTopicSettings,
  checkDisks,
  checkClocks,
  checkGroups,
]

export async function run(invocation: Invocation): Promise<number> {
  const { args, io, screen } = invocation
  const target = targetOf(args, io.variables)
  const findings: Finding[] = []
  const add = (found: readonly Finding[]) => {
    findings.push(...found)
    if (!screen.isJson) for (const finding of found) show(finding, { screen, isVerbose: args.has('verbose') })
  }
  if (!screen.isJson) screen.say(`Looking at ${screen.style.bold(target.bootstrapServers)} (${target.source})`)
  const bootstrap = await checkBootstrap(target, io)
  add(bootstrap)
  if (bootstrap.some(({ severity }) => severity !== 'error')) await examine(invocation, add)
  add(checkLimits())
  screen.json({ target: target.bootstrapServers, findings })
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  const [errors, warnings] = [count('error'), count('warning')]
  const { red, yellow, green } = screen.style
  screen.say('')
  const counts = [
    ...(errors > 0 ? [red(`${errors} ${errors === 1 ? 'error' : 'errors'}`)] : []),
    ...(warnings > 0 ? [yellow(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`)] : []),
  ]
  screen.say(counts.length === 0 ? green(`All is well: ${findings.length} things looked at.`) : counts.join(', '))
  return errors > 0 ? 1 : 0
}

/** A check that fails is a finding, and the others go on. */
async function attempted(check: Check, patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check(patient)
  } catch (error) {
    patient.io.signal.throwIfAborted()
    return [
      problem('warning', 'check-failed', {
        what: `${check.name.replace(/^check/, 'the check of ').toLowerCase()} could not be made: ${messageOf(error)}`,
        why: 'The user may not ask for it, or the broker is too old.',
        fix: 'Try as a user with more rights, or look at the log of the broker.',
      }),
    ]
  }
}

/** From outside inwards: what stands behind a broker that cannot be reached cannot be asked. */
async function examine(invocation: Invocation, add: (found: readonly Finding[]) => void): Promise<void> {
  const { io, open } = invocation
  let session: Session
  let brokers: readonly BrokerNode[]
  try {
    session = await open()
    brokers = await session.admin.listBrokers()
  } catch (error) {
    io.signal.throwIfAborted()
    add([noKafka(error)])
    return
  }
  const advertised = await checkAdvertised({ brokers, target: session.target, io })
  add(advertised)
  if (!advertised.some(({ severity }) => severity !== 'error')) return
  try {
    const patient = await patientOf(session, invocation)
    for (const check of CHECKS) add(await attempted(check, patient))
  } catch (error) {
    io.signal.throwIfAborted()
    add([
      problem('error', 'cluster-silent', {
        what: `the brokers take connections, but do not answer: ${messageOf(error)}`,
        why: 'They are starting, have lost their controller, or are overloaded.',
        fix: 'Look into their logs.',
      }),
    ])
  }
}

async function patientOf(session: Session, { args, io }: Invocation): Promise<Patient> {
  const { admin } = session
  const [cluster, listed] = await Promise.all([
    admin.describeCluster({ includeFencedBrokers: true }),
    admin.listTopics(),
  ])
  const described = await admin.describeTopics(listed.map(({ name }) => name))
  const topics = [...described.values()].flatMap((outcome) => (outcome.kind === 'done' ? [outcome.value] : []))
  const options = {
    waitMs: args.duration('wait') ?? WAIT_MS,
    mayWrite: args.has('write'),
    clockSkewMaxMs: CLOCK_SKEW_MAX_MS,
  }
  const localBrokers = cluster.brokers.filter(({ host }) => isLoopback(host))
  return { io, session, admin, cluster, topics, localBrokers, options }
}

function noKafka(error: unknown): Finding {
  return problem('error', 'no-kafka', {
    what: `the port takes connections, but no Kafka answers: ${messageOf(error)}`,
    why: 'Another program has the port, or the listener wants TLS or SASL and this client does not speak it (or the other way round).',
    fix: 'See what listens there (ss -ltnp), and set security.protocol and sasl.* in the context.',
  })
}

const MARKS: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', note: '·', ok: '✓' }

function show(
  { severity, what, why, fix }: Finding,
  { screen, isVerbose }: { screen: Screen; isVerbose: boolean },
): void {
  const { red, yellow, green, dim } = screen.style
  const paint = { error: red, warning: yellow, note: dim, ok: green }[severity]
  screen.say(`${paint(MARKS[severity])} ${what}`)
  const isExplained = severity === 'error' || severity === 'warning' || isVerbose
  if (why !== null && (isExplained || fix === null)) screen.say(dim(`  ${why}`))
  if (fix !== null && isExplained) screen.say(`  → ${fix}`)
}
