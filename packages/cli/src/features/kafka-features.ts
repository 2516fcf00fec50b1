/** kafka-features: what the cluster has agreed on, raised and lowered (KIP-584, KIP-1022). */
import { type FeatureUpdate, type Kafka, KafkaError } from '@ottla/client'
import { METADATA_VERSION, METADATA_VERSIONS, metadataVersionLevel, metadataVersionName } from '@ottla/metadata'
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { defineSubcommands } from '../options/subcommands.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { ADDRESS_OPTIONS, COMMAND_CONFIG, connectBy } from '../shared/server-options.ts'
import {
  dependencies,
  OTHER_FEATURES,
  unknownLevel,
  unknownRelease,
  versionMapping,
} from '../storage/feature-tables.ts'

const NAME_WIDTH = 42
const VALUE_WIDTH = 17

const FEATURE = {
  name: 'feature',
  isMany: true,
  argument: { label: 'feature' },
  description: 'feature=level; may be repeated.',
}
const RELEASE = { name: 'release-version', argument: { label: 'release version' }, description: 'A release, as 4.3.' }
const DRY_RUN = { name: 'dry-run', description: 'Say what would be done, and do nothing.' }
const UPGRADE: OptionTable = [
  { name: 'metadata', argument: { label: 'metadata version' }, description: 'The metadata.version of a release.' },
  FEATURE,
  RELEASE,
  DRY_RUN,
]

type Verb = 'upgrade' | 'downgrade' | 'disable'

/** Runs kafka-features. */
export const run = defineSubcommands({
  name: 'kafka-features',
  purpose: 'describe and change the feature levels of the cluster.',
  shared: [...ADDRESS_OPTIONS, COMMAND_CONFIG],
  alternativesAreOptional: true,
  usageMessage: (message) => `Command line error: ${message}. Type --help for help.`,
  commands: {
    describe: {
      help: 'Describes the features.',
      options: [
        { name: 'node-id', argument: { label: 'id', type: 'Integer' }, description: 'The node that is asked.' },
      ],
      run: describe,
    },
    upgrade: { help: 'Raises levels.', options: UPGRADE, run: (options, io) => update('upgrade', options, io) },
    downgrade: {
      help: 'Lowers levels.',
      options: [...UPGRADE, { name: 'unsafe', description: 'Even if what the higher level stored is lost.' }],
      run: (options, io) => update('downgrade', options, io),
    },
    disable: {
      help: 'Takes features back.',
      options: [FEATURE, DRY_RUN, { name: 'unsafe', description: 'Even if what the level stored is lost.' }],
      run: (options, io) => update('disable', options, io),
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
        for (const feature of options.values('feature')) io.stdout.write(dependencies(feature, unknownLevel))
        return 0
      },
    },
  },
})

function clientFor(options: ParsedOptions, io: Io): Kafka {
  if (options.has('bootstrap-server') || options.has('bootstrap-controller')) return connectBy(options, io)
  throw new UsageError('You must specify either --bootstrap-controller or --bootstrap-server.', { isSyntax: true })
}

async function describe(options: ParsedOptions, io: Io): Promise<number> {
  await using kafka = clientFor(options, io)
  const node = options.integer('node-id')
  const { epoch, features } = await kafka.admin().features.describe(node === undefined ? {} : { broker: node })
  for (const [name, { finalized, supported }] of features) {
    const cells = [
      ['SupportedMinVersion', levelText(name, supported?.min ?? 0)],
      ['SupportedMaxVersion', levelText(name, supported?.max ?? 0)],
      ['FinalizedVersionLevel', levelText(name, finalized)],
    ].map(([label, value]) => `${label}: ${value!.padEnd(VALUE_WIDTH)}`)
    printLine(io.stdout, `Feature: ${name.padEnd(NAME_WIDTH)}${cells.join('')}Epoch: ${epoch < 0 ? '-' : epoch}`)
  }
  return 0
}

async function update(verb: Verb, options: ParsedOptions, io: Io): Promise<number> {
  await using kafka = clientFor(options, io)
  const updates = wanted(verb, { options, io })
  const isDryRun = options.has('dry-run')
  let problem: string | null = null
  try {
    await kafka.admin().features.update(updates, { validateOnly: isDryRun })
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    problem = error.message
  }
  const sorted = [...updates].sort((a, b) => (a.feature < b.feature ? -1 : 1))
  for (const { feature, level } of sorted) printLine(io.stdout, sentence(verb, { feature, level, isDryRun, problem }))
  if (problem === null) return 0
  throw new ToolError(`${updates.length} out of ${updates.length} operation(s) failed.`)
}

function sentence(
  verb: Verb,
  about: { feature: string; level: number; isDryRun: boolean; problem: string | null },
): string {
  const { feature, level, isDryRun, problem } = about
  const to = verb === 'disable' ? '' : ` to ${level}`
  if (problem !== null) return `${isDryRun ? 'Can not' : 'Could not'} ${verb} ${feature}${to}. ${problem}`
  return `${feature} ${isDryRun ? 'can be' : 'was'} ${verb}d${to}.`
}

function wanted(verb: Verb, { options, io }: { options: ParsedOptions; io: Io }): FeatureUpdate[] {
  const levels = new Map<string, number>()
  const add = (feature: string, level: number): void => {
    if (levels.has(feature)) throw new ToolError(`Feature ${feature} was specified more than once.`)
    levels.set(feature, level)
  }
  const release = options.value('release-version')
  if (release !== undefined) {
    if (options.has('feature') || options.has('metadata')) {
      throw new ToolError('Can not specify `release-version` with other feature flags.')
    }
    const row = METADATA_VERSIONS.find(({ level }) => level === metadataVersionLevel(release))
    if (row === undefined) throw new ToolError(unknownRelease(release))
    add(METADATA_VERSION, row.level)
    for (const name of OTHER_FEATURES) {
      const level = row.featureDefaults[name] ?? 0
      if (level > 0 || verb === 'downgrade') add(name, level)
    }
  }
  const metadata = options.value('metadata')
  if (metadata !== undefined) {
    printLine(io.stdout, ' `metadata` flag is deprecated and may be removed in a future release.')
    const level = metadataVersionLevel(metadata)
    if (level === undefined) throw new ToolError(unknownRelease(metadata))
    add(METADATA_VERSION, level)
  }
  for (const text of options.values('feature')) {
    if (verb === 'disable') add(text, 0)
    else add(...nameAndLevel(text))
  }
  if (levels.size === 0) throw new ToolError(`You must specify at least one feature to ${verb}`)
  const downgrade = options.has('unsafe') ? 'unsafe-downgrade' : 'safe-downgrade'
  return javaMapOrder([...levels], ([feature]) => stringHash(feature)).map(([feature, level]) => ({
    feature,
    level,
    kind: verb === 'upgrade' ? 'upgrade' : downgrade,
  }))
}

function nameAndLevel(text: string): [string, number] {
  const at = text.indexOf('=')
  if (at === -1) throw new ToolError(`Can't parse feature=level string ${text}: equals sign not found.`)
  const level = Number(text.slice(at + 1))
  if (!Number.isInteger(level)) {
    throw new ToolError(`Can't parse feature=level string ${text}: unable to parse ${text.slice(at + 1)} as a short.`)
  }
  return [text.slice(0, at), level]
}

/** Levels of metadata.version have names. */
function levelText(feature: string, level: number): string {
  return feature === METADATA_VERSION ? metadataVersionName(level) : String(level)
}
