/**
 * Where this broker answers differently from Apache Kafka 4.3.1 on purpose. `label` says in which answers, `path` which differences of them,
 * written as `.path: theirs became ours`; `why`, for a reader who wonders. An entry that no difference matches any more fails the
 * checks: what is no longer true must go.
 */
export const INTENDED = [
  // What this broker has not got yet, or has and 4.3.1 has not.
  {
    label: /^ApiVersions v\d$/,
    path: /^\.apiKeys\.(18|28|42|88|89)\.maxVersion: /,
    why: 'Versions of Kafka 4.4: ApiVersions 5, TxnOffsetCommit 6, DeleteGroups 3, streams groups 1.',
  },
  {
    label: /^ApiVersions v\d$/,
    path: /^\.(supported|finalized)Features\./,
    why: 'Levels that work here: metadata.version up to 4.4, all other features off.',
  },
  {
    label: /./,
    path: /\.configs\.(errors\.deadletterqueue|max\.decompressed|remote\.copy\.lag|streams\.(assignor|rack))[\w.]*: undefined became /,
    why: 'Settings of Kafka 4.4.',
  },
  {
    label:
      /(, |^default of )(errors\.deadletterqueue|max\.decompressed|(log\.)?remote\.copy\.lag|group\.streams\.(assignors|rack|topology)|streams\.(assignor|rack)|sasl\.oauthbearer\.allow)/,
    path: /^: undefined became /,
    why: 'Settings of Kafka 4.4.',
  },
  {
    label: /^StreamsGroupHeartbeat v0: /,
    path: /^\.(acceptableRecoveryLagLegacy|taskOffsetIntervalMs): 0 became /,
    why: 'What Kafka 4.4 tells members about warming up; 4.3.1 has the fields and leaves them empty.',
  },
  {
    label: /./,
    path: /\.configs\.ottla\.durability: undefined became /,
    why: 'A setting of our own.',
  },
  {
    label:
      /^(topic )?(errors\.deadletterqueue|max\.decompressed|(log\.)?remote\.copy\.lag|group\.streams\.(assignors|rack|topology)|sasl\.oauthbearer\.allow)/,
    path: /^: undefined became /,
    why: 'Settings of Kafka 4.4.',
  },
  {
    label: 'min.insync.replicas=1 for one',
    path: /\.errorCode: 40 became 0$/,
    why: 'Apache Kafka has it for the cluster alone while eligible leader replicas are on; they are off here.',
  },
  {
    label: 'ssl.engine.factory.class= for one',
    path: /\.errorCode: 42 became 0$/,
    why: 'Classes of Java are not looked for.',
  },
  { label: /(, |^default of )ottla\./, path: /^: undefined became /, why: 'Settings of our own.' },
  {
    label: /./,
    path: /^(.*\.)?min\.insync\.replicas(: |\.configSource: 3 became 5)/,
    why: 'With eligible leader replicas on, Apache Kafka writes min.insync.replicas down for the whole cluster.',
  },
  {
    label: /(, |^default of )min\.insync\.replicas$/,
    why: 'With eligible leader replicas on, Apache Kafka writes min.insync.replicas down for the whole cluster.',
  },
  {
    label: /^broker v4, (controller\.listener\.names|process\.roles)$/,
    path: /^\.synonyms: /,
    why: 'These have defaults here: an empty file starts a broker.',
  },

  // Where Apache Kafka fails to answer well.
  {
    label: /./,
    path: /\.(errorMessage|batchIndexErrorMessage): (null|".*") became ".+"$/,
    why: 'Messages are in words of our own, and are given where Apache Kafka has none.',
  },
  {
    label: /^Metadata v\d+: by no id$/,
    why: 'An entry with neither name nor id: one error in its place, not a server error and no brokers.',
  },
  {
    label: /^Metadata v\d+: by ids and names$/,
    path: /^\.topics\.meta-b: undefined became /,
    why: 'Topics that are named beside others with ids are answered, not passed over.',
  },
  {
    label: /^DescribeTopicPartitions v0: illegal$/,
    why: 'Each illegal name gets its error, instead of a server error for all.',
  },
  {
    label: /^CreateTopics v\d: colliding in one request$/,
    path: /^\.topics\.col_x\./,
    why: 'Names that collide are refused also when they come in one request.',
  },
  {
    label: /^CreateTopics v7: /,
    path: /^\.topics\.never\.topicId: "<id of never>" became "<none>"$/,
    why: 'A request that only validates makes no topic, so there is no id.',
  },
  {
    label: /^CreatePartitions v\d: to 10004$/,
    path: /\.errorCode: -1 became 44$/,
    why: 'Too many partitions at once are a policy violation, as in CreateTopics, and not a server error.',
  },
  {
    label: 'IncrementalAlterConfigs v1: unknown operation',
    path: /\.errorCode: -1 became 42$/,
    why: 'An unknown operation is an invalid request, and not a server error.',
  },
  {
    label: /^Fetch v\d+: unknown isolation$/,
    why: 'An isolation level that is not known is read_uncommitted, and not a server error.',
  },
  {
    label: 'Fetch v12: empty topic name',
    path: /\.errorCode: 3 became 100$/,
    why: 'A topic without a name is looked up by id.',
  },
  {
    label: /^ListGroups v\d: /,
    path: /^\.groups\.join-[bc]: .* became undefined$/,
    why: 'A member that is refused leaves no empty group behind.',
  },

  // Batches.
  {
    label: /^Produce v\d+: /,
    path: /\.logStartOffset: 0 became -1$/,
    why: 'An error has no log start offset beside it; no client reads it there.',
  },
  {
    label: 'Produce v12: unknown codec',
    path: /\.errorCode: -1 became 76$/,
    why: 'A codec that is not known has its own error.',
  },
  {
    label: 'Produce v12: bytes behind the batch',
    path: /\.(errorCode: 0 became 87|baseOffset: 0 became -1)$/,
    why: 'What was sent is stored whole or not at all: nothing is cut off in silence.',
  },
  {
    label: 'Produce v12: codec that it is not',
    path: /\.(errorCode: -1 became 0|baseOffset: -1 became 0)$/,
    why: 'Records are not unpacked where the topic needs nothing of them; ottla.produce.validation=full refuses them.',
  },
  {
    label: 'Produce v12: log append time',
    path: /\.(errorCode: 0 became 32|baseOffset: 0 became -1)$/,
    why: 'Times of the broker are for the broker to set: rewriting what the client sent would hide its error.',
  },
]
