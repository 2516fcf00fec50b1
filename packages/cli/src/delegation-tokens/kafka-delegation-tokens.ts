/** kafka-delegation-tokens: creates, renews, expires and describes delegation tokens. */
import type { Admin, DelegationToken } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { excludeOptions, onlyAction, requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'

const OPTIONS: OptionTable = [
  { name: 'bootstrap-server', argument: { label: '' }, description: 'REQUIRED: brokers to ask first.' },
  {
    name: 'command-config',
    argument: { label: '' },
    description: 'REQUIRED: properties file for the client, which has to say who it is.',
  },
  { name: 'create', description: 'Create a token.' },
  { name: 'renew', description: 'Renew a token.' },
  { name: 'expire', description: 'Have a token expire.' },
  { name: 'describe', description: 'Show tokens: of the owners, or all that may be seen.' },
  {
    name: 'owner-principal',
    argument: { label: '', isOptional: true },
    description: 'Whose tokens, as User:name; with --create, for whom it is.',
  },
  {
    name: 'renewer-principal',
    argument: { label: '', isOptional: true },
    description: 'Who may renew it, as User:name.',
  },
  {
    name: 'max-life-time-period',
    argument: { label: '', type: 'Long', isOptional: true },
    description: 'How long it may live in milliseconds; -1: as the brokers say.',
  },
  {
    name: 'renew-time-period',
    argument: { label: '', type: 'Long', isOptional: true },
    description: 'For how many milliseconds it is renewed; -1: as the brokers say.',
  },
  {
    name: 'expiry-time-period',
    argument: { label: '', type: 'Long', isOptional: true },
    description: 'In how many milliseconds it expires; -1: at once.',
  },
  { name: 'hmac', argument: { label: '', isOptional: true }, description: 'The HMAC of the token, in base64.' },
]

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  create: ['max-life-time-period'],
  renew: ['hmac', 'renew-time-period'],
  expire: ['hmac', 'expiry-time-period'],
  describe: [],
}
const EXCLUDED: Readonly<Record<string, readonly string[]>> = {
  create: ['hmac', 'renew-time-period', 'expiry-time-period'],
  renew: ['renewer-principal', 'max-life-time-period', 'expiry-time-period', 'owner-principal'],
  expire: ['renewer-principal', 'max-life-time-period', 'renew-time-period', 'owner-principal'],
  describe: ['renew-time-period', 'max-life-time-period', 'hmac', 'renewer-principal', 'expiry-time-period'],
}
const WIDTHS = [15, 30, 15, 15, 25, 15, 15, 15]
const TITLES = ['TOKENID', 'HMAC', 'OWNER', 'REQUESTER', 'RENEWERS', 'ISSUEDATE', 'EXPIRYDATE', 'MAXDATE']

interface TokenCommand {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
}

const ACTIONS: Readonly<Record<string, (command: TokenCommand) => Promise<void>>> = {
  create,
  renew: (command) => prolong(command, 'renew'),
  expire: (command) => prolong(command, 'expire'),
  describe,
}

/** Runs kafka-delegation-tokens. */
export const run = defineTool({
  purpose: 'create, renew, expire, or describe delegation tokens.',
  options: OPTIONS,
  async run(options, io) {
    const action = checkOptions(options)
    try {
      await using kafka = connect(
        options.required('bootstrap-server'),
        readProperties(options.required('command-config'), io),
        io,
      )
      await ACTIONS[action]!({ admin: kafka.admin(), options, io })
      return 0
    } catch (error) {
      if (error instanceof UsageError) throw error
      const isBrokers = (error as { name?: unknown }).name === 'BrokerError'
      printLine(io.stderr, isBrokers ? errorTextWithClass(error) : (error as Error).message)
      return 1
    }
  },
})

/** Throws UsageError. */
function checkOptions(options: ParsedOptions): string {
  requireOptions(options, ['bootstrap-server', 'command-config'])
  const message = 'Command must include exactly one action: --create, --renew, --expire or --describe'
  const action = onlyAction(options, Object.keys(ACTIONS), message)
  requireOptions(options, NEEDED[action]!)
  excludeOptions(options, action, EXCLUDED[action]!)
  return action
}

async function create({ admin, options, io }: TokenCommand): Promise<void> {
  const renewers = principals(options, 'renewer-principal')
  const maxLifetimeMs = options.integer('max-life-time-period') ?? -1
  const [owner] = principals(options, 'owner-principal')
  printLine(
    io.stdout,
    `Calling create token operation with renewers :${list(renewers)} , max-life-time-period :${maxLifetimeMs}`,
  )
  const token = await admin.delegationTokens.create({
    renewers,
    maxLifetimeMs,
    ...(owner !== undefined && { owner }),
  })
  printLine(io.stdout, `Created delegation token with tokenId : ${token.tokenId}`)
  printTokens([token], io)
}

async function prolong({ admin, options, io }: TokenCommand, action: 'renew' | 'expire'): Promise<void> {
  const hmac = options.required('hmac')
  const periodMs = options.integer(action === 'renew' ? 'renew-time-period' : 'expiry-time-period') ?? -1
  printLine(io.stdout, `Calling ${action} token operation with hmac :${hmac} , ${action}-time-period :${periodMs}`)
  const expiresAt = await admin.delegationTokens[action](Buffer.from(hmac, 'base64'), { periodMs })
  io.stdout.write(`Completed ${action} operation. New expiry date : ${dateOf(expiresAt)}`)
}

async function describe({ admin, options, io }: TokenCommand): Promise<void> {
  const owners = principals(options, 'owner-principal')
  const whose = owners.length === 0 ? 'current user.' : `owners: ${list(owners)}`
  printLine(io.stdout, `Calling describe token operation for ${whose}`)
  const tokens = await admin.delegationTokens.describe(owners.length === 0 ? {} : { owners })
  io.stdout.write(`Total number of tokens : ${tokens.length}`)
  printTokens(tokens, io)
}

function principals(options: ParsedOptions, option: string): string[] {
  return options.values(option).map((text) => {
    const at = text.indexOf(':')
    if (at > 0 && at < text.length - 1) return text.trim()
    throw new Error(`expected a string in format principalType:principalName but got ${text}`)
  })
}

function printTokens(tokens: readonly DelegationToken[], io: Io): void {
  const row = (cells: readonly string[]) => `\n${cells.map((cell, index) => cell.padEnd(WIDTHS[index]!)).join(' ')}\n`
  io.stdout.write(row(TITLES))
  for (const token of tokens) {
    const { tokenId, hmac, owner, requester, renewers, issuedAt, expiresAt, maxAt } = token
    const dates = [issuedAt, expiresAt, maxAt].map(dateOf)
    io.stdout.write(row([tokenId, hmac.toString('base64'), owner, requester, list(renewers), ...dates]))
  }
}

function list(texts: readonly string[]): string {
  return `[${texts.join(', ')}]`
}

/** To the minute, in the time zone of this machine. */
function dateOf(timestamp: number): string {
  const date = new Date(timestamp)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}
