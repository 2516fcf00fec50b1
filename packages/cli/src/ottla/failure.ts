/** What went wrong, in one line for a person, with a hint where there is one. */
import type { Io } from '../io.ts'
import { printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import type { Screen } from './screen/screen.ts'
import { harmless } from './screen/text-width.ts'
import { Failure, UsageProblem } from './usage-problem.ts'

export const EXIT_OK = 0
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2
/** As a shell tells of a program that SIGINT ended. */
export const EXIT_INTERRUPTED = 130

const HINTS: Readonly<Record<string, string>> = {
  TIMEOUT:
    'The broker takes connections but does not answer in time. Is it a Kafka listener, and of this security protocol? `ottla doctor` looks closer.',
  TOPIC_AUTHORIZATION_FAILED: 'This user may not do that with the topic: ask for an ACL.',
  GROUP_AUTHORIZATION_FAILED: 'This user may not do that with the group: ask for an ACL.',
  CLUSTER_AUTHORIZATION_FAILED: 'This user may not do that: ask for an ACL on the cluster.',
  SASL_AUTHENTICATION_FAILED: 'Check user and password of the context: `ottla context show`.',
  NON_EMPTY_GROUP: 'The group has members: stop its consumers first.',
  UNKNOWN_MEMBER_ID: 'The group has members: stop its consumers first.',
  INVALID_REPLICATION_FACTOR: 'The cluster has fewer brokers than that: see `ottla cluster brokers`.',
  UNSUPPORTED_VERSION: 'The broker is too old for this: see `ottla cluster info`.',
  POLICY_VIOLATION: 'The policy of the cluster forbids it.',
}

/** The exit code, after the message was printed. */
export function reportFailure(
  error: unknown,
  to: { io: Io; screen: Screen; command: string; isDebugging: boolean },
): number {
  const { io, screen, command, isDebugging } = to
  if (isBrokenPipe(error)) return EXIT_OK
  const { red, dim } = screen.errorStyle
  const explain = (message: string, hint: string | undefined) => {
    printLine(io.stderr, `${red('error:')} ${harmless(message)}`)
    if (hint !== undefined) printLine(io.stderr, dim(harmless(hint)))
  }
  if (error instanceof UsageProblem) {
    explain(error.message, `See: ottla ${command}${command === '' ? '' : ' '}--help`)
    return EXIT_USAGE
  }
  if (io.signal.aborted) return EXIT_INTERRUPTED
  explain(messageOf(error), error instanceof Failure ? error.hint : hintOf(error))
  if (isDebugging) printLine(io.stderr, dim(harmless(stackOf(error))))
  return EXIT_FAILED
}

function hintOf(error: unknown): string | undefined {
  // The bootstrap server answered, else the command had ended before.
  if (/no connection to \S+: /.test(messageOf(error))) {
    return 'A broker advertises an address that cannot be reached from here: `ottla doctor` says which, and what to do.'
  }
  return HINTS[codeOf(error)]
}

/** One line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [first = ''] = error.message.split('\n')
  const isKnown = error instanceof Failure || error instanceof ToolError || codeOf(error) !== ''
  return isKnown ? lowerFirst(first) : `${error.name}: ${first} (--debug shows where)`
}

/** Whoever read the output has gone: nothing to say, and nobody to say it to. */
export function isBrokenPipe(error: unknown): boolean {
  return codeOf(error) === 'EPIPE'
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]+ /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

function stackOf(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) parts.push(at.stack ?? at.message)
  return parts.join('\nbecause of\n')
}
