/** kafka-storage: formats and inspects data folders. */
import { resolve } from 'node:path'
import { type BrokerConfig, formatConfigProblem, parseServerProperties } from '@ottla/config'
import { FileSystemError } from '@ottla/env'
import { type Io, printLine } from '../io.ts'
import type { OptionSpec } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { defineSubcommands } from '../options/subcommands.ts'
import { FileError, ToolError } from '../options/usage-error.ts'
import { errorText } from '../shared/error-text.ts'
import { dependencies, unsupportedLevel, versionMapping } from './feature-tables.ts'
import { format } from './format.ts'
import { info } from './info.ts'

const text = (name: string, short: string, description: string): OptionSpec => ({
  name,
  short,
  argument: { label: name },
  description,
})
const CONFIG = { ...text('config', 'c', 'The settings of the server.'), isRequired: true }
const RELEASE = text('release-version', 'r', 'A release, as 4.3.')
const FEATURE = { ...text('feature', 'f', 'feature=level; may be repeated.'), isMany: true }

/** Runs kafka-storage. */
export const run = defineSubcommands({
  name: 'kafka-storage',
  purpose: 'format and inspect data folders.',
  alternativesAreOptional: true,
  errorMessage: errorText,
  commands: {
    info: {
      help: 'Shows what the folders say of themselves.',
      options: [CONFIG],
      run: (options, io) => info(readConfig(options, io), io),
    },
    format: {
      help: 'Formats the folders.',
      options: [
        CONFIG,
        { ...text('cluster-id', 't', 'The cluster that they are to belong to.'), isRequired: true },
        { ...text('add-scram', 'S', 'A user and the password.'), isMany: true },
        { name: 'ignore-formatted', short: 'g', description: 'Leave alone what is formatted.' },
        RELEASE,
        FEATURE,
        { name: 'standalone', short: 's', isAlternative: true, description: 'The first controller of a quorum.' },
        { name: 'no-initial-controllers', short: 'N', isAlternative: true, description: 'Controllers come later.' },
        { ...text('initial-controllers', 'I', 'The first controllers.'), isAlternative: true },
      ],
      run: (options, io) => format(readConfig(options, io), options, io),
    },
    'version-mapping': {
      help: 'Shows the levels that go with a release.',
      options: [RELEASE],
      run: async (options, io) => {
        io.stdout.write(versionMapping(options.value('release-version')))
        return 0
      },
    },
    'feature-dependencies': {
      help: 'Shows what levels need.',
      options: [{ ...FEATURE, isRequired: true }],
      run: async (options, io) => {
        for (const feature of options.values('feature'))
          io.stdout.write(dependencies(checked(feature), unsupportedLevel))
        return 0
      },
    },
    'random-uuid': {
      help: 'Draws an id.',
      options: [],
      run: async (_, io) => {
        printLine(io.stdout, io.env.random.uuid())
        return 0
      },
    },
  },
})

/** Throws ToolError. */
function checked(feature: string): string {
  if (feature.includes('=')) return feature
  throw new ToolError(`Invalid feature format: ${feature}. Expected format: 'feature=version' (e.g. 'group.version=1')`)
}

function readConfig(options: ParsedOptions, io: Io): BrokerConfig {
  const file = options.required('config')
  let content: string
  try {
    content = io.env.files.readFileSync(resolve(io.workingDirectory, file)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new FileError(file, `it cannot be read: ${error.code}`)
    throw error
  }
  const parsed = parseServerProperties(content, file)
  if (parsed.kind === 'config') return parsed.config
  throw new ToolError(parsed.problems.map(formatConfigProblem).join('\n'))
}
