/** A client for one command: connected, or an error that says at once that nobody answers. */
import { type Admin, formatAddress, type Kafka, parseBootstrapServers } from '@ottla/client'
import type { Io } from '../io.ts'
import { connect, type Properties, pairsOf, readProperties } from '../shared/client-properties.ts'
import { type Target, targetOf } from './context/target.ts'
import type { Arguments } from './parse-arguments.ts'
import { Failure } from './usage-problem.ts'

export interface Session {
  readonly kafka: Kafka
  readonly admin: Admin
  readonly target: Target
  /** Client properties of the context, of --command-config, and of --property. */
  readonly properties: Properties
  close(): Promise<void>
}

/** How long a call tries before the command gives up. */
const TIMEOUT_MS = 15_000
const REACH_TIMEOUT_MS = 5000

/** Rejects with {@link Failure} when none of the servers takes a connection. */
export async function openSession(args: Arguments, io: Io): Promise<Session> {
  const target = targetOf(args, io.variables)
  const timeoutMs = args.duration('timeout') ?? TIMEOUT_MS
  const file = args.value('command-config')
  const properties = new Map<string, string>([
    ['client.id', 'ottla-cli'],
    ['default.api.timeout.ms', String(Math.round(timeoutMs))],
    ['request.timeout.ms', String(Math.round(timeoutMs))],
    ...Object.entries(target.properties),
    ...(file === undefined ? [] : readProperties(file, io)),
    ...pairsOf(args.values('property')),
  ])
  await reach(target, Math.min(timeoutMs, REACH_TIMEOUT_MS), io)
  const kafka = connect(target.bootstrapServers, properties, io)
  return { kafka, admin: kafka.admin(), target, properties, close: () => kafka.close() }
}

/** The client itself goes on trying, as a service should; a person wants to know now. */
async function reach({ bootstrapServers, source }: Target, timeoutMs: number, io: Io): Promise<void> {
  const addresses = parseBootstrapServers(bootstrapServers)
  const options = { timeoutMs, signal: io.signal }
  const attempts = addresses.map(async ({ host, port }) =>
    (await io.env.network.connect({ host, port }, options)).destroy(),
  )
  try {
    await Promise.any(attempts)
  } catch (error) {
    io.signal.throwIfAborted()
    const reasons = (error as AggregateError).errors as (Error & { code?: string })[]
    const lines = addresses.map((address, at) => `${formatAddress(address)} ${reasonOf(reasons[at]!)}`)
    throw new Failure(`no broker can be reached: ${lines.join(', ')} (from ${source})`, {
      hint: hintFor(reasons.map(({ code }) => code ?? '')),
      cause: error,
    })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ETIMEDOUT: 'does not answer',
  ENOTFOUND: 'is no name that can be resolved',
  EAI_AGAIN: 'cannot be resolved now',
  EHOSTUNREACH: 'has no route to it',
  ENETUNREACH: 'has no route to its network',
}

function reasonOf(error: Error & { code?: string }): string {
  return REASONS[error.code ?? ''] ?? `fails: ${error.message}`
}

function hintFor(codes: readonly string[]): string {
  if (codes.some((code) => code.startsWith('EN') || code.startsWith('EAI')) && !codes.includes('ENETUNREACH')) {
    return 'Check the name, and that this machine can resolve it.'
  }
  return 'Is a broker running there? `ottla start` starts one here; -b HOST:PORT names another; `ottla doctor` looks closer.'
}
