/**
 * Differences that are meant, with their reasons: cases whose tool and arguments match may differ in `where`, as long as what the sides print
 * matches `kafka` and `ottla`. One that no case shows is a failure.
 */
export const INTENDED = [
  {
    tools: /^kafka-get-offsets$/,
    args: /^--broker-list/,
    where: ['status', 'out', 'err'],
    kafka: /broker-list is not a recognized option/,
    reason: 'The options of Kafka 2.4 are understood.',
  },
  {
    tools: /^kafka-(?:cluster|features|metadata-quorum|storage)$/,
    args: /^--version$/,
    where: ['status', 'out', 'err'],
    kafka: /unrecognized arguments|too few arguments/,
    ottla: /^4\.4\.0/,
    reason: "Every tool tells its version; four of Kafka's know no --version.",
  },
  {
    tools: /./,
    args: /--bootstrap-controller \$S/,
    where: ['status', 'out', 'err'],
    kafka: /MismatchedEndpointType|BROKER, but we wanted/,
    ottla: /Controllers are not asked directly: use --bootstrap-server/,
    reason: 'The client speaks to brokers alone. Kafka refuses these cases too, since they name one.',
  },
  {
    tools: /^kafka-cluster$/,
    args: /^--bootstrap-server$/,
    where: ['err'],
    ottla: /expected\s+one\s+argument/,
    reason: 'Options are understood before and behind the word that says what to do.',
  },
  {
    tools: /^kafka-(?:features|storage)$/,
    args: /describe$|version-mapping|nonsense|2\.8|^format/,
    where: ['out', 'err'],
    ottla: /4\.4-IV2/,
    reason: 'The levels of release 4.4 are known by name, and are the newest.',
  },
  {
    tools: /./,
    args: /\$F/,
    where: ['status', 'out', 'err'],
    kafka: /timed out at \d+ after \d+ attempt|Timed out waiting for a node/,
    ottla: /not host this topic-partition|does not know the topic or partition/,
    reason:
      "Java's client asks until its time is over for what does not exist; the broker's first answer is told at once.",
  },
  {
    tools: /^kafka-storage$/,
    args: /no-node|standalone\.properties$|initial-controllers|--add-scram/,
    where: ['status', 'out', 'err'],
    ottla: /Found problem|Formatting metadata directory|is not there yet/,
    reason: 'A node is its own controller, and needs neither roles nor initial ones; users with passwords come later.',
  },
  {
    tools: /^kafka-storage$/,
    args: /standalone\.properties|without\.properties/,
    where: ['status', 'out', 'err'],
    ottla: /is already formatted|Formatting metadata directory/,
    reason: 'The case before formatted the folder, where Kafka wanted more options.',
  },
  {
    tools: /^kafka-storage$/,
    args: /broken\.properties/,
    where: ['out', 'err'],
    ottla: /meta\.properties cannot be read/,
    reason: 'A meta.properties that cannot be read is told as that; Kafka takes it for one of the time of ZooKeeper.',
  },
  {
    tools: /^kafka-reassign-partitions$/,
    args: /broken\.json/,
    where: ['out'],
    kafka: /Unexpected end-of-input/,
    ottla: /The input string is not a valid JSON/,
    reason: "What is wrong with JSON is told in the words of Java's parser.",
  },
  {
    tools: /^kafka-dump-log$/,
    args: /\.(?:time)?index$/,
    where: ['status', 'out', 'err'],
    kafka: /Invalid max index size: -1/,
    ottla: /index is empty\./,
    reason: "An index without entries is empty; Kafka's tool breaks off.",
  },
  {
    tools: /^kafka-broker-api-versions$/,
    args: /^\$B/,
    where: ['out'],
    ottla: /\tApiVersions\(18\): 0 to 5 \[usable: 5\]/,
    reason: 'The client speaks the versions of release 4.4.',
  },
  {
    tools: /^kafka-transactions$/,
    args: /--transactional-id-pattern "a\["/,
    where: ['err'],
    kafka: /an unexpected exception/,
    ottla: /the regular expression is not valid/,
    reason: "What the broker said is told; Java's client does not expect this error.",
  },
]
