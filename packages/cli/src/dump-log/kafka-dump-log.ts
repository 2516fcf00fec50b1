/** kafka-dump-log: what is in the files of a log, for people and scripts. */
import { CompressionError, ProtocolError } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { defineTool } from '../tool.ts'
import { type DumpSettings, dumpBatches, type OffsetGap } from './dump-batches.ts'
import {
  dumpOffsetIndex,
  dumpProducers,
  dumpTimeIndex,
  dumpTransactionIndex,
  type IndexMode,
  type IndexProblems,
} from './dump-indexes.ts'
import {
  bytesDecoder,
  decodeClusterRecord,
  decodeGroupRecord,
  decodeRemoteRecord,
  decodeShareRecord,
  decodeTransactionRecord,
  type RecordDecoder,
} from './record-decoders.ts'

const STRING_DECODER = 'org.apache.kafka.tools.api.StringDecoder'
const ALL_BYTES = 2 ** 31 - 1
const OPTIONS: OptionTable = [
  {
    name: 'files',
    argument: { label: 'file1, file2, ...' },
    description: 'REQUIRED: the files, with commas between them.',
  },
  { name: 'print-data-log', description: 'Show keys and values of records.' },
  { name: 'deep-iteration', description: 'Show records, not only batches. Goes with --print-data-log.' },
  { name: 'skip-record-metadata', description: 'Of records only key and value; no control records.' },
  { name: 'verify-index-only', description: 'Hold indexes against their segments, and show what is wrong only.' },
  { name: 'index-sanity-check', description: 'Check indexes as the start of a broker does, and show none of them.' },
  {
    name: 'max-message-size',
    argument: { label: 'size', type: 'Integer' },
    description: 'Understood, without effect: batches may be as large as they are.',
    default: '5242880',
  },
  {
    name: 'max-bytes',
    argument: { label: 'size', type: 'Integer' },
    description: 'Read so many bytes of a segment at most.',
    default: String(ALL_BYTES),
  },
  {
    name: 'key-decoder-class',
    argument: { label: '', isOptional: true },
    description: 'What keys are: StringDecoder, IntegerDecoder, LongDecoder or DefaultDecoder of Kafka.',
    default: STRING_DECODER,
  },
  {
    name: 'value-decoder-class',
    argument: { label: '', isOptional: true },
    description: 'The same of values.',
    default: STRING_DECODER,
  },
  { name: 'offsets-decoder', description: 'The records are those of __consumer_offsets.' },
  { name: 'transaction-log-decoder', description: 'The records are those of __transaction_state.' },
  { name: 'cluster-metadata-decoder', description: 'The records are those of __cluster_metadata.' },
  { name: 'remote-log-metadata-decoder', description: 'The records are those of __remote_log_metadata.' },
  { name: 'share-group-state-decoder', description: 'The records are those of __share_group_state.' },
]
const DECODERS: Readonly<Record<string, RecordDecoder>> = {
  'offsets-decoder': decodeGroupRecord,
  'transaction-log-decoder': decodeTransactionRecord,
  'cluster-metadata-decoder': decodeClusterRecord,
  'remote-log-metadata-decoder': decodeRemoteRecord,
  'share-group-state-decoder': decodeShareRecord,
}

/** What was found to be wrong, by file. */
interface Findings {
  readonly gaps: Map<string, readonly OffsetGap[]>
  readonly indexes: Map<string, readonly (readonly [number, number])[]>
  readonly times: Map<string, IndexProblems>
}

/** Runs kafka-dump-log. */
export const run = defineTool({
  purpose:
    'parse a log file and dump its contents to the console, useful for debugging a seemingly corrupt log segment.',
  options: OPTIONS,
  async run(options, io) {
    requireOptions(options, ['files'])
    const mode = indexMode(options)
    const findings: Findings = { gaps: new Map(), indexes: new Map(), times: new Map() }
    for (const name of options.required('files').split(',')) {
      printLine(io.stdout, `Dumping ${name}`)
      await dump(name, { options, mode, findings }, io)
    }
    report(findings, io)
    return 0
  },
})

function indexMode(options: ParsedOptions): IndexMode {
  if (options.has('index-sanity-check')) return 'sanity-check'
  return options.has('verify-index-only') ? 'verify-only' : 'print'
}

function settingsOf(options: ParsedOptions): DumpSettings {
  const special = Object.keys(DECODERS).find((name) => options.has(name))
  const isPrinted =
    special !== undefined ||
    ['print-data-log', 'key-decoder-class', 'value-decoder-class'].some((name) => options.has(name))
  const isDeep = isPrinted || options.has('deep-iteration')
  const maxBytes = options.integer('max-bytes') ?? ALL_BYTES
  const plain = () => bytesDecoder(options.value('key-decoder-class') ?? '', options.value('value-decoder-class') ?? '')
  return {
    records: !isDeep ? 'hidden' : options.has('skip-record-metadata') ? 'shown-without-metadata' : 'shown',
    decode: !isPrinted ? null : special === undefined ? plain() : DECODERS[special]!,
    maxBytes: maxBytes === ALL_BYTES ? null : maxBytes,
  }
}

async function dump(
  name: string,
  how: { readonly options: ParsedOptions; readonly mode: IndexMode; readonly findings: Findings },
  io: Io,
): Promise<void> {
  const { options, mode, findings } = how
  switch (/\.[^./]*$/.exec(name)?.[0]) {
    case '.log':
    case '.checkpoint':
      findings.gaps.set(name, await dumpReadable(name, settingsOf(options), io))
      break
    case '.index':
      findings.indexes.set(name, dumpOffsetIndex(name, mode, io))
      break
    case '.timeindex':
      findings.times.set(name, dumpTimeIndex(name, mode, io))
      break
    case '.txnindex':
      dumpTransactionIndex(name, io)
      break
    case '.snapshot':
      dumpProducers(name, io)
      break
    default:
      printLine(io.stderr, `Ignoring unknown file ${name}`)
  }
}

async function dumpReadable(path: string, settings: DumpSettings, io: Io): Promise<readonly OffsetGap[]> {
  try {
    return await dumpBatches(path, settings, io)
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof CompressionError) throw new ToolError(error.message)
    throw error
  }
}

function report({ gaps, indexes, times }: Findings, io: Io): void {
  const tell = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) for (const line of [title, ...lines]) printLine(io.stderr, line)
  }
  for (const [name, pairs] of inOrder(indexes)) {
    tell(
      `Mismatches in :${name}`,
      pairs.map(([indexed, found]) => `  Index offset: ${indexed}, log offset: ${found}`),
    )
  }
  for (const [name, { mismatches, outOfOrder, notFound }] of inOrder(times)) {
    tell(
      `Found timestamp mismatch in :${name}`,
      mismatches.map(([indexed, found]) => `  Index timestamp: ${indexed}, log timestamp: ${found}`),
    )
    tell(
      `Found out of order timestamp in :${name}`,
      outOfOrder.map(
        ([indexed, previous]) => `  Index timestamp: ${indexed}, Previously indexed timestamp: ${previous}`,
      ),
    )
    tell(
      `The following indexed offsets are not found in :${name}`,
      notFound.map(([indexed, found]) => `Indexed offset: ${indexed}, found log offset: ${found}`),
    )
  }
  for (const [name, pairs] of inOrder(gaps)) {
    tell(
      `Non-consecutive offsets in ${name}`,
      pairs.map(([before, after]) => `  ${before} is followed by ${after}`),
    )
  }
}

function inOrder<T>(byFile: ReadonlyMap<string, T>): [string, T][] {
  return javaMapOrder(byFile, ([name]) => stringHash(name))
}
