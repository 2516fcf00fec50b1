/** kafka-storage: formats and inspects data folders. Its command line has sub-commands, unlike that of the other tools. */
import { resolve } from 'node:path'
import { type BrokerConfig, formatConfigProblem, parseServerProperties } from '@ottla/config'
import { FileSystemError } from '@ottla/env'
import { MetadataError } from '@ottla/metadata'
import { type Io, printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import { errorText } from '../shared/error-text.ts'
import type { Run } from '../tool.ts'
import { dependencies, versionMapping } from './feature-tables.ts'
import { format } from './format.ts'
import { info } from './info.ts'
import { COMMANDS, isCommand, parseCommand, StorageUsageError, usageOf } from './storage-arguments.ts'

/** Runs kafka-storage. */
export const run: Run = async (argv, io) => {
  try {
    return await runCommand(argv, io)
  } catch (error) {
    if (error instanceof StorageUsageError) {
      io.stderr.write(`${usageOf(error.command)}kafka-storage: error: ${error.message}\n`)
      return 1
    }
    if (error instanceof ToolError || error instanceof MetadataError) printLine(io.stderr, error.message)
    else printLine(io.stderr, errorText(error))
    return 1
  }
}

async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv
  if (name === '-h' || name === '--help') {
    io.stdout.write(`${usageOf(null)}\nThe Kafka storage tool.\n`)
    return 0
  }
  if (name === undefined) throw new StorageUsageError('too few arguments', null)
  if (!isCommand(name)) {
    const message = name.startsWith('-')
      ? `unrecognized arguments: '${name}'`
      : `invalid choice: '${name}' (choose from '${COMMANDS.join("', '")}')`
    throw new StorageUsageError(message, null)
  }
  if (rest.includes('-h') || rest.includes('--help')) {
    io.stdout.write(usageOf(name))
    return 0
  }
  const values = parseCommand(name, rest)
  switch (name) {
    case 'random-uuid':
      printLine(io.stdout, io.env.random.uuid())
      return 0
    case 'info':
      return await info(readConfig(values.one('config'), io), io)
    case 'format':
      return await format(readConfig(values.one('config'), io), values, io)
    case 'version-mapping':
      io.stdout.write(versionMapping(values.optional('release-version')))
      return 0
    case 'feature-dependencies':
      io.stdout.write(values.all('feature').map(dependencies).join(''))
      return 0
  }
}

function readConfig(file: string, io: Io): BrokerConfig {
  let text: string
  try {
    text = io.env.files.readFileSync(resolve(io.workingDirectory, file)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new ToolError(`The settings cannot be read from ${file}: ${error.code}`)
    throw error
  }
  const parsed = parseServerProperties(text, file)
  if (parsed.kind === 'config') return parsed.config
  throw new ToolError(parsed.problems.map(formatConfigProblem).join('\n'))
}
