/** kafka-reassign-partitions: moves replicas of partitions to other brokers and folders (KIP-455, KIP-113). */
import { type Io, printLine } from '../io.ts'
import { onlyAction, requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { connectBy } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { cancel } from './cancel.ts'
import { type Command, Refused } from './command.ts'
import { execute } from './execute.ts'
import { generate } from './generate.ts'
import { list, verify } from './verify.ts'

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'Server(s) to use for bootstrapping', isOptional: true },
    description: 'Brokers to ask first.',
  },
  {
    name: 'bootstrap-controller',
    argument: { label: 'bootstrap controller to connect to', isOptional: true },
    description: 'For --list and --cancel: the same, brokers here answer for the controller.',
  },
  {
    name: 'command-config',
    argument: { label: 'Admin client property file' },
    description: 'Properties file for the client.',
  },
  { name: 'generate', description: 'Propose how topics could lie on brokers. Nothing is changed.' },
  { name: 'execute', description: 'Start to move replicas as the file says.' },
  {
    name: 'verify',
    description: 'Show how far the moves of the file are, and take throttles back when they are over.',
  },
  { name: 'cancel', description: 'End the moves of the file where they began.' },
  { name: 'list', description: 'List all reassignments that are under way.' },
  {
    name: 'reassignment-json-file',
    argument: { label: 'manual assignment json file path' },
    description:
      'Replicas, preferred leader first, and their folders: {"partitions": [{"topic": "foo", "partition": 1, "replicas": [1,2], "log_dirs": ["any","/data"]}], "version": 1}. Without log_dirs all are "any".',
  },
  {
    name: 'topics-to-move-json-file',
    argument: { label: 'topics to reassign json file path' },
    description: 'Topics for --generate: {"topics": [{"topic": "foo"}], "version": 1}.',
  },
  { name: 'broker-list', argument: { label: 'brokerlist' }, description: 'Brokers for --generate: 0,1,2.' },
  { name: 'disable-rack-aware', description: 'With --generate: as if there were no racks.' },
  {
    name: 'throttle',
    argument: { label: 'throttle', type: 'Long' },
    description: 'How fast replicas move between brokers at most, in bytes per second.',
    default: '-1',
  },
  {
    name: 'replica-alter-log-dirs-throttle',
    argument: { label: 'replicaAlterLogDirsThrottle', type: 'Long' },
    description: 'How fast replicas move between folders at most, in bytes per second.',
    default: '-1',
  },
  {
    name: 'timeout',
    argument: { label: 'timeout', type: 'Long' },
    description: 'How long to wait until moves between folders can begin, in milliseconds.',
    default: '10000',
  },
  { name: 'additional', description: 'Although reassignments are under way; also to change their throttle.' },
  { name: 'preserve-throttles', description: 'With --verify and --cancel: leave throttles as they are.' },
  { name: 'disallow-replication-factor-change', description: 'Refuse what changes the number of replicas.' },
]

interface Action {
  readonly required: readonly string[]
  readonly allowed: readonly string[]
  readonly perform: (command: Command) => Promise<void>
}

const FILE = 'reassignment-json-file'
const ACTIONS: Readonly<Record<string, Action>> = {
  generate: {
    required: ['topics-to-move-json-file', 'broker-list'],
    allowed: ['bootstrap-server', 'command-config', 'disable-rack-aware'],
    perform: generate,
  },
  execute: {
    required: [FILE],
    allowed: [
      'additional',
      'bootstrap-server',
      'command-config',
      'throttle',
      'replica-alter-log-dirs-throttle',
      'timeout',
      'disallow-replication-factor-change',
    ],
    perform: execute,
  },
  verify: {
    required: [FILE],
    allowed: ['bootstrap-server', 'command-config', 'preserve-throttles'],
    perform: verify,
  },
  cancel: {
    required: [FILE],
    allowed: ['bootstrap-server', 'bootstrap-controller', 'command-config', 'preserve-throttles', 'timeout'],
    perform: cancel,
  },
  list: { required: [], allowed: ['bootstrap-server', 'bootstrap-controller', 'command-config'], perform: list },
}

/** Runs kafka-reassign-partitions. */
export const run = defineTool({
  purpose: 'move topic partitions between replicas.',
  options: OPTIONS,
  async run(options, io) {
    const action = checkedAction(options)
    try {
      await using kafka = connectBy(options, io)
      await action.perform({ admin: kafka.admin(), options, io })
      return 0
    } catch (error) {
      return fail(error, io)
    }
  },
})

/** Throws UsageError. */
function checkedAction(options: ParsedOptions): Action {
  const names = Object.keys(ACTIONS)
  const message = `Command must include exactly one action: ${names.map((name) => `--${name}`).join(', ')}`
  const name = onlyAction(options, names, message)
  const action = ACTIONS[name]!
  const isByController = options.has('bootstrap-controller')
  if (options.has('bootstrap-server') && isByController) {
    throw new UsageError("Please don't specify both --bootstrap-server and --bootstrap-controller")
  }
  if (!options.has('bootstrap-server') && !isByController) {
    throw new UsageError('Please specify either --bootstrap-server or --bootstrap-controller')
  }
  requireOptions(options, action.required)
  const known = new Set([name, ...action.required, ...action.allowed])
  const stranger = OPTIONS.find((option) => options.has(option.name) && !known.has(option.name))
  if (stranger === undefined) return action
  throw new UsageError(`Option "[${stranger.name}]" can't be used with action "[${name}]"`)
}

/** All is told on stdout, as scripts that read the status expect it. */
function fail(error: unknown, io: Io): number {
  if (io.signal.aborted) return 130
  if (error instanceof Refused) printLine(io.stdout, error.message)
  else printLine(io.stdout, `Error: ${errorTextWithClass(error)}`)
  return 1
}
