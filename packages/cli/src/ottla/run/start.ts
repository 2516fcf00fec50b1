/** `ottla start`: a broker with nothing to configure. The same server as kafka-server-start runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Io } from '../../io.ts'
import { readSettings, serve } from '../../server/run-server.ts'
import type { Invocation } from '../command.ts'
import { Failure, UsageProblem } from '../usage-problem.ts'
import { singleBrokerSettings } from './single-broker.ts'

const DEFAULT_PORT = 9092
const PROBE_TIMEOUT_MS = 500

export async function run({ args, io }: Invocation): Promise<never> {
  const port = args.integer('port') ?? DEFAULT_PORT
  const host = args.value('host') ?? 'localhost'
  const advertised = args.value('advertise')
  const file = args.value('config')
  if (file !== undefined && (args.has('port') || args.has('host') || args.has('advertise'))) {
    throw new UsageProblem('with --config the listeners are those of the file: change them with --set listeners=…')
  }
  if (args.has('temporary') && args.has('dir')) throw new UsageProblem('--temporary and --dir exclude each other')
  if (isWildcard(host) && advertised === undefined) {
    throw new UsageProblem(
      `clients cannot connect to ${host}: say with --advertise HOST under which name they reach this machine`,
    )
  }
  if (file === undefined) await refuseTakenPort(host, port, io)
  const temporary = args.has('temporary') ? mkdtempSync(join(tmpdir(), 'ottla-')) : null
  const folder = temporary ?? resolve(io.workingDirectory, args.value('dir') ?? defaultFolder(io))
  const listeners = { host, port, advertised: advertised ?? null }
  return await serve({
    settings:
      file === undefined
        ? { text: singleBrokerSettings({ folder, ...listeners }), name: 'ottla start' }
        : readSettings(resolve(io.workingDirectory, file)),
    overrides: [
      ...(file !== undefined && (args.has('dir') || temporary !== null) ? [['log.dirs', folder] as const] : []),
      ...args.pairs('set'),
    ],
    tools: 'ottla',
    ...(temporary === null ? {} : { onEnd: () => rmSync(temporary, { recursive: true, force: true }) }),
  })
}

/** Where a program keeps the data of its user. */
function defaultFolder({ variables }: Io): string {
  const data = variables['XDG_DATA_HOME'] ?? ''
  return join(data.startsWith('/') ? data : join(variables['HOME'] ?? homedir(), '.local', 'share'), 'ottla', 'data')
}

/** The server would say so too, in the words of its settings. */
async function refuseTakenPort(host: string, port: number, io: Io): Promise<void> {
  if (port === 0) return
  try {
    const stream = await io.env.network.connect(
      { host: isWildcard(host) ? 'localhost' : host, port },
      { timeoutMs: PROBE_TIMEOUT_MS, signal: io.signal },
    )
    stream.destroy()
  } catch {
    return
  }
  throw new Failure(`port ${port} is taken: something answers at ${host}:${port}`, {
    hint: `If it is a broker, \`ottla cluster info -b ${isWildcard(host) ? 'localhost' : host}:${port}\` shows it; \`ottla start --port ${port + 1}\` starts another one beside it.`,
  })
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
