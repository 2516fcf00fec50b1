/** The old form of the arguments of kafka-e2e-latency: by position. */
import { type Io, printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'

const NAMED = ['bootstrap-server', 'topic', 'num-records', 'producer-acks', 'record-size'] as const
const POSITIONS = [...NAMED, 'command-config']

/** The arguments with names. Throws ToolError when they are neither form. */
export function namedArguments(argv: readonly string[], io: Io): readonly string[] {
  if (argv.some((arg) => NAMED.some((name) => arg === `--${name}` || arg.startsWith(`--${name}=`)))) return argv
  if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '--version')) return argv
  if (argv.length === 0) return argv
  if (argv.length !== NAMED.length && argv.length !== POSITIONS.length) {
    throw new ToolError(
      `Invalid number of arguments. Expected 5 or 6 positional arguments, but got ${argv.length}. Usage: bootstrap-server topic num-records producer-acks record-size [optional] command-config`,
    )
  }
  const names = POSITIONS.map((name) => `--${name}`).join(', ')
  printLine(
    io.stdout,
    `WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named arguments instead: ${names}`,
  )
  return argv.flatMap((value, at) => [`--${POSITIONS[at]}`, value])
}
