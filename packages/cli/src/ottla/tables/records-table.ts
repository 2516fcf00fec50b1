/** `ottla produce`, `ottla consume`, `ottla tail`, `ottla take`, `ottla redrive`. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { YES_OPTION } from './common-options-table.ts'

const FILTER_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'grep',
    value: 'REGEX',
    isRepeated: true,
    description: 'Only records whose value matches the regular expression.',
  },
  { name: 'ignore-case', short: 'i', description: 'For --grep.' },
  {
    name: 'key',
    short: 'k',
    value: 'PATTERN',
    isRepeated: true,
    description: "Only records whose key is this; * stands for anything: 'user-*'.",
  },
  {
    name: 'header',
    short: 'H',
    value: 'NAME=PATTERN',
    isRepeated: true,
    description: 'Only records that have the header, with this value where one is given.',
  },
  {
    name: 'where',
    short: 'w',
    value: 'CONDITION',
    isRepeated: true,
    description:
      'Only records for which it holds: \'.amount > 10 && headers.type == "order"\'. Names are key, value, headers, topic, partition, offset, timestamp; .a.b[0] is a field of a JSON value; == != < <= > >= =~ && || ! ( ).',
  },
]

const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'format',
    short: 'f',
    value: 'FORMAT',
    description: String.raw`%t topic, %p partition, %o offset, %T timestamp, %k key, %s value, %K and %S their lengths (-1: null), %h headers, %R length of the value in four bytes, %%; \n, \t, \xNN.`,
  },
  { name: 'key-delimiter', short: 'K', value: 'TEXT', description: 'Prints the key, this, and the value.' },
  { name: 'delimiter', short: 'D', value: 'TEXT', description: String.raw`Between records. Default: \n.` },
  { name: 'nulls', short: 'Z', description: 'Prints NULL for keys and values that are null, instead of nothing.' },
  { name: 'envelope', short: 'J', description: "Prints JSON in kcat's shape." },
  {
    name: 'decode',
    short: 's',
    value: 'PACK',
    isRepeated: true,
    description:
      'Keys and values are numbers in bytes: key=PACK, value=PACK, or PACK for both. < little, > big endian; b B h H i I q Q whole numbers of 1, 2, 4, 8 bytes (capital: unsigned); c character; s the rest as text; $ the end.',
  },
]

const RECORD_JSON =
  'A line for each record: {topic, partition, offset, timestamp, timestampType, key, value, headers: [{key, value}]}. Keys and values are text, {"base64": …} where they are no UTF-8, or null. `ottla produce --envelope` reads it.'

export const RECORDS_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'produce',
    summary: 'Sends records: typed, piped, or from files',
    description: [
      'Each line is a record. Keys, headers, partitions and timestamps come from options, or with --envelope from JSON lines. The topic must be there, unless --create is given.',
    ],
    arguments: [
      { name: 'TOPIC', description: 'Where to.', completes: 'topic' },
      {
        name: 'FILE',
        description: 'Files to read instead of standard input; - is standard input.',
        isOptional: true,
        isRepeated: true,
        completes: 'file',
      },
    ],
    options: [
      { name: 'key', short: 'k', value: 'KEY', description: 'Of records that have none of their own.' },
      {
        name: 'value',
        short: 'm',
        value: 'VALUE',
        isRepeated: true,
        description: 'A record, instead of reading some. May be repeated.',
      },
      {
        name: 'header',
        short: 'H',
        value: 'NAME=VALUE',
        isRepeated: true,
        description: 'A header of every record. May be repeated.',
      },
      { name: 'partition', short: 'p', value: 'NUMBER', description: 'Where to. Default: by the key.' },
      {
        name: 'timestamp',
        value: 'TIME',
        description: 'Milliseconds, 2026-01-31T12:00:00Z, or 1h for an hour ago. Default: now.',
      },
      {
        name: 'key-delimiter',
        short: 'K',
        value: 'TEXT',
        description: String.raw`Between key and value of a line: \t.`,
      },
      { name: 'delimiter', short: 'D', value: 'TEXT', description: String.raw`Between records. Default: \n.` },
      {
        name: 'nulls',
        short: 'Z',
        description: 'An empty value is a null: it deletes its key from a compacted topic.',
      },
      {
        name: 'envelope',
        short: 'J',
        description: 'Lines are JSON, as `ottla consume --json` or `kcat -J` print them.',
      },
      { name: 'keep-partitions', description: 'With --envelope: records go to the partitions that they name.' },
      { name: 'whole', description: 'Each file is one record.' },
      {
        name: 'compression',
        short: 'z',
        value: 'CODEC',
        description: 'none, gzip, snappy, lz4 or zstd; zstd:9 with its level.',
      },
      {
        name: 'acks',
        value: 'WHO',
        choices: ['all', '1', '0'],
        description: 'Who must have a record before it counts as sent. Default: all in-sync replicas.',
      },
      { name: 'count', short: 'c', value: 'COUNT', description: 'Ends after so many.' },
      { name: 'create', description: 'Creates the topic when it is not there.' },
    ],
    json: 'A line for each record that was sent: {topic, partition, offset, timestamp}.',
    examples: [
      { says: 'One record', line: `ottla produce orders -k a -m '{"amount": 3}' -H type=order` },
      { says: 'Lines of a file, keys before a tab', line: String.raw`ottla produce orders -K '\t' -z zstd orders.tsv` },
      {
        says: 'Copy a topic to another cluster',
        line: 'ottla consume orders -e --json | ottla produce orders -J --context prod',
      },
    ],
    load: () => import('../records/produce.ts'),
  },
  {
    name: 'consume',
    summary: 'Reads records of topics, from the beginning on',
    description: [
      'It goes on until Ctrl-C, unless -e or -c says otherwise. On a terminal records are shown with their place, time, key and headers; elsewhere values are printed as they are, one on a line. Without --group nothing is committed and nobody notices.',
    ],
    arguments: [
      { name: 'TOPIC', description: "Names, or patterns with *: 'orders.*'.", isRepeated: true, completes: 'topic' },
    ],
    options: [
      {
        name: 'offset',
        short: 'o',
        value: 'WHERE',
        isRepeated: true,
        description:
          'Where to begin: beginning (default), end, stored (with --group), OFFSET, -COUNT (the last of each partition), s@TIME; e@TIME is where to end.',
      },
      {
        name: 'since',
        value: 'TIME',
        description: 'Begins there: 1h for an hour ago, 2026-01-31T12:00:00Z, milliseconds.',
      },
      { name: 'until', value: 'TIME', description: 'Ends there.' },
      { name: 'exit', short: 'e', description: 'Ends with the last record that is there now.' },
      { name: 'count', short: 'c', value: 'COUNT', description: 'Ends after so many records were printed.' },
      { name: 'partition', short: 'p', value: 'NUMBER', isRepeated: true, description: 'Only of these: 3, or 1,2,3.' },
      {
        name: 'group',
        short: 'G',
        value: 'GROUP',
        description: 'Reads as a member of the group, and commits.',
        completes: 'group',
      },
      { name: 'committed', description: 'Leaves out records of transactions that are open or were aborted.' },
      ...FILTER_OPTIONS,
      ...OUTPUT_OPTIONS,
    ],
    json: RECORD_JSON,
    examples: [
      { says: 'What there is, and no more', line: 'ottla consume orders -e' },
      {
        says: 'The last five of each partition, as kcat would print them',
        line: String.raw`ottla consume orders -o -5 -e -f '%t %p %o %k %s\n'`,
      },
      { says: 'Large orders of the last hour', line: "ottla consume orders --since 1h -e --where '.amount > 1000'" },
    ],
    load: () => import('../records/consume.ts'),
  },
  {
    name: 'tail',
    summary: 'Shows the last records of topics, and follows',
    description: [
      'The last records of all partitions together, in order of time, then what comes, until Ctrl-C. Filters apply to these last records and to what comes.',
    ],
    arguments: [
      { name: 'TOPIC', description: "Names, or patterns with *: 'orders.*'.", isRepeated: true, completes: 'topic' },
    ],
    options: [
      { name: 'lines', short: 'n', value: 'COUNT', description: 'How many of the last. Default: 10.' },
      { name: 'exit', short: 'e', description: 'Does not follow.' },
      { name: 'count', short: 'c', value: 'COUNT', description: 'Ends after so many records.' },
      { name: 'partition', short: 'p', value: 'NUMBER', isRepeated: true, description: 'Only of these: 3, or 1,2,3.' },
      { name: 'committed', description: 'Leaves out records of transactions that are open or were aborted.' },
      ...FILTER_OPTIONS,
      ...OUTPUT_OPTIONS,
    ],
    json: RECORD_JSON,
    examples: [{ says: 'Errors as they come', line: "ottla tail 'logs.*' -n 0 --grep ERROR" }],
    load: () => import('../records/tail.ts'),
  },
  {
    name: 'take',
    summary: 'Takes tasks from topics as from a queue: a member of a share group',
    description: [
      'Every record goes to one member of the group, however many there are; what is not acknowledged is given to another. Without --run records are printed and acknowledged. With --run the command runs for each record, with the value as its standard input and OTTLA_TOPIC, OTTLA_PARTITION, OTTLA_OFFSET, OTTLA_TIMESTAMP, OTTLA_KEY and OTTLA_DELIVERY in its environment: when it ends with 0 the record is done, when it ends with anything else it goes back, and somebody gets it again.',
      'A new group begins with what comes from then on; `ottla config set group/NAME share.auto.offset.reset=earliest` has it begin with what is there, and `ottla group reset` moves it.',
    ],
    arguments: [{ name: 'TOPIC', description: 'One name or several.', isRepeated: true, completes: 'topic' }],
    options: [
      { name: 'group', short: 'G', value: 'GROUP', description: 'The share group. Must be given.', completes: 'group' },
      { name: 'run', short: 'r', value: 'COMMAND', description: 'A command of the shell that does the task.' },
      { name: 'workers', short: 'n', value: 'COUNT', description: 'With --run: how many run at once. Default: 1.' },
      { name: 'delay', value: 'TIME', description: 'How long a record waits that goes back. Default: not at all.' },
      {
        name: 'then',
        value: 'OUTCOME',
        choices: ['ack', 'release', 'reject'],
        description: 'Without --run: what becomes of printed records. Default: ack.',
      },
      { name: 'count', short: 'c', value: 'COUNT', description: 'Ends after so many.' },
      { name: 'idle', value: 'TIME', description: 'Ends when nothing has come for so long.' },
      ...OUTPUT_OPTIONS,
    ],
    json: 'A line for each record, as `ottla consume --json` prints it, and with --run when it is settled: {topic, partition, offset, delivery, exitCode, outcome}; the outcome is ack or release, and the exit code null when a signal ended the command.',
    examples: [
      {
        says: 'Four workers, and a minute until the next attempt',
        line: "ottla take mails -G senders -n 4 --delay 1m --run './send-mail'",
      },
      { says: 'Look at what waits, and give it back', line: 'ottla take mails -G senders --then release -c 5' },
    ],
    load: () => import('../records/take.ts'),
  },
  {
    name: 'redrive',
    summary: 'Sends the dead letters of a topic back to where they came from',
    description: [
      "Records name their origin in their headers, as Ottla's client and Spring write them; --to names another topic. It goes on where the last redrive ended (that is kept as a group), each batch in a transaction: a redrive that was broken off loses nothing and sends nothing twice. It ends with the last record that is there when it begins.",
    ],
    arguments: [{ name: 'TOPIC', description: 'The dead-letter topic.', completes: 'topic' }],
    options: [
      { name: 'to', value: 'TOPIC', description: 'Where to, instead of the origin.', completes: 'topic' },
      { name: 'count', short: 'c', value: 'COUNT', description: 'At most so many.' },
      { name: 'again', description: 'From the first record that is left, though it was sent back before.' },
      {
        name: 'group',
        short: 'G',
        value: 'GROUP',
        description: 'Keeps the place. Default: TOPIC-redrive.',
        completes: 'group',
      },
      ...FILTER_OPTIONS,
      { name: 'dry-run', description: 'Shows what would be sent, and sends nothing.' },
      { name: 'verbose', short: 'v', description: 'Names each record.' },
      YES_OPTION,
    ],
    json: '{from, redriven, passedBy, isComplete, targets: {topic: count}, isDryRun}; isComplete is false when --count came first.',
    examples: [
      { says: 'What would go where?', line: 'ottla redrive orders.DLT --dry-run' },
      { says: 'Those of one customer', line: "ottla redrive orders.DLT --key 'customer-7' --yes" },
    ],
    load: () => import('../records/redrive.ts'),
  },
]
