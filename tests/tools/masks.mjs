/**
 * What is made alike before the two outputs are compared, and why. A mask that no case needs is a failure. `tools`: where it is
 * used, default everywhere. `onRequest`: only in cases that name it.
 */
import { helpAsFacts } from './lib/help.mjs'

const UUID = '[\\w-]{22}'

export const MASKS = [
  {
    name: 'help',
    reason: "The sentences of the help are our own. Names, kinds of arguments and the options' order are compared.",
    apply: (text, { args }) => helpAsFacts(text, args),
  },
  {
    name: 'version',
    reason: 'Each side tells its own release.',
    apply: (text) => text.replace(/^4\.[34]\.\d+( \(.*\))?$/m, 'VERSION'),
  },
  {
    name: 'stack-trace',
    reason:
      'Java stack traces: there is nothing to tell of a JVM. Their first line goes too where it only says again what was said.',
    apply: withoutTraces,
  },
  {
    name: 'advice',
    reason: "Advice of Java's consumer to set group.protocol=consumer.",
    tools: ['kafka-console-consumer'],
    apply: (text) => text.replaceAll(/^The consumer rebalance protocol \(KIP-848\) is .*(?:\n|$)/gm, ''),
  },
  {
    name: 'call',
    reason: "Names of calls inside Java's client.",
    apply: (text) => text.replaceAll(/\bCall: \w+(?:\(api=\w+\))?/g, 'Call: CALL'),
  },
  {
    name: 'uncaught',
    reason: 'What the JVM says of an exception that nobody caught.',
    apply: (text) => text.replaceAll(/^Exception in thread "main" (?:[a-z]\w*\.)+[A-Z][\w$]*: /gm, ''),
  },
  {
    name: 'log-lines',
    reason: "What Kafka's tools log (log4j is off here), and ours print.",
    apply: (text) => text.replaceAll(/^(?:WARN|ERROR) .*\n/gm, ''),
  },
  {
    name: 'member-id',
    reason: 'Members of classic groups get ids from the broker.',
    tools: ['kafka-consumer-groups'],
    apply: (text) => text.replaceAll(/\bottla-[\w-]{30,}/g, 'MEMBER').replaceAll(/ +$/gm, ''),
  },
  {
    name: 'java-sets',
    reason: 'The order of Java sets of options and of enum values, another in each run.',
    tools: ['kafka-consumer-groups', 'kafka-share-groups', 'kafka-streams-groups', 'kafka-topics'],
    apply: (text) =>
      text
        .replaceAll(/(?<=Valid (?:states|types) are: ).*/g, inOrder)
        .replaceAll(/\[[\w-]+\](?:, \[[\w-]+\])+/g, inOrder),
  },
  {
    name: 'folder',
    reason: 'Each side has a folder of its own for files.',
    apply: (text, { folder }) => text.replaceAll(folder, 'DIR'),
  },
  {
    name: 'side',
    reason: 'Transactional ids cannot be taken away: each side has its own.',
    tools: ['kafka-transactions'],
    apply: (text) => text.replaceAll(/held-(?:kafka|ottla)/g, 'held-SIDE'),
  },
  {
    name: 'transaction',
    onRequest: true,
    reason: 'Producer ids are given out one by one, their epochs rise, and times pass.',
    tools: ['kafka-transactions'],
    apply: transactionRows,
  },
  {
    name: 'topic-id',
    reason: 'Ids of topics are random.',
    tools: ['kafka-topics'],
    apply: (text) => text.replaceAll(new RegExp(`TopicId: ${UUID}`, 'g'), 'TopicId: ID'),
  },
  {
    name: 'random-uuid',
    onRequest: true,
    reason: 'Ids that the tool draws.',
    apply: (text) => text.replaceAll(new RegExp(`(?<![\\w-])${UUID}(?![\\w-])`, 'g'), 'ID'),
  },
  {
    name: 'generated-name',
    onRequest: true,
    reason: 'The name is drawn.',
    apply: (text) => text.replaceAll(new RegExp(`(?<![\\w-])${UUID}(?![\\w-])`, 'g'), 'ID'),
  },
  {
    name: 'missing-argument',
    onRequest: true,
    reason: 'Of several arguments that are missing, argparse4j names any.',
    apply: (text) => text.replaceAll(/error:argument--?[\w/-]+isrequired/g, 'error:argumentXisrequired'),
  },
  {
    name: 'quorum-times',
    onRequest: true,
    reason: 'Times at which members of the quorum were heard of.',
    tools: ['kafka-metadata-quorum'],
    apply: (text) => text.replaceAll(/(?:\b1[789]\d{11}|\d+ ms ago) *\t/g, 'TIME\t'),
  },
  {
    name: 'figures',
    onRequest: true,
    reason: 'What is measured.',
    apply: (text) =>
      text
        .replaceAll(/\d+\.\d+(?:E-\d+)?/g, 'X')
        .replaceAll(/, \d+(?:, \d+, X, X)?$/gm, ', N')
        .replaceAll(/\b\d{4}(?:-\d\d-\d\d \d\d:\d\d:\d\d:\d{3})?(?=, )/g, 'TIME')
        .replaceAll(/\d+(?= ms (?:\d|X))/g, 'N')
        .replaceAll(/(?<=th = )\d+/g, 'N'),
  },
  {
    name: 'events',
    onRequest: true,
    reason:
      'Times; the last events, which come from a hook at the end of the JVM, and so not where many tools run in one; and an assignment of nothing, which a member sees that asks before its partitions are known.',
    apply: (text) =>
      text
        .replaceAll(/"timestamp":\d+/g, '"timestamp":T')
        .replaceAll(/^.*"name":"(?:shutdown_requested|shutdown_complete|tool_data)".*\n/gm, '')
        .replaceAll(/^.*"name":"partitions_assigned","partitions":\[\].*\n/gm, '')
        .replaceAll(/"offsets":\[([\d,]+)\]/g, (_, list) => `"offsets":[${list.split(',').sort()}]`),
  },
  {
    name: 'lines-in-any-order',
    onRequest: true,
    reason: 'The order of a Java map, or of partitions as they are read.',
    apply: (text) => text.split('\n').sort().join('\n'),
  },
]

const TRACE_LINE = /^\tat |^\t\.\.\. \d+ more$|^\t?Caused by: |^\tSuppressed: |^ at \[Source/
const TRACE_HEAD = /^(?:Exception in thread "main" )?(?:[a-z]\w*\.)+[A-Z][\w$]*(?:: (.*))?$/

function withoutTraces(text, { out }) {
  const kept = []
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    if (TRACE_LINE.test(line)) continue
    const head = TRACE_HEAD.exec(line)
    const next = lines[at + 1] ?? ''
    const isHead = head !== null && (TRACE_LINE.test(next) || next === '')
    const message = head?.[1] ?? ''
    const isSaid =
      message !== '' &&
      [out.replace(text, ''), ...kept].some((earlier) => earlier.includes(message) && !earlier.startsWith('Dumping '))
    if (isHead && isSaid) continue
    // The empty line that ends a trace.
    if (
      line === '' &&
      at > 0 &&
      at < lines.length - 1 &&
      (TRACE_LINE.test(lines[at - 1]) || TRACE_HEAD.test(lines[at - 1]))
    )
      continue
    kept.push(line)
  }
  return kept.join('\n')
}

function inOrder(list) {
  return list.split(', ').sort().join(', ')
}

/** Columns of tables with tabs, found by their titles. */
function transactionRows(text) {
  const [header, ...rows] = text.split('\n')
  const titles = header.split('\t').map((title) => title.trim())
  const cell = (value, at) => (VARYING.has(titles[at]) && value.trim() !== 'None' ? 'X' : value.trim())
  return [titles.join('\t'), ...rows.map((row) => row.split('\t').map(cell).join('\t'))].join('\n')
}

const VARYING = new Set(['ProducerId', 'ProducerEpoch', 'CurrentTransactionStartTimeMs', 'TransactionDurationMs'])
