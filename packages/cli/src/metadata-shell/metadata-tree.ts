/** The metadata of a cluster as a tree, laid out as in Kafka's shell. */
import {
  type ClientQuotaEntity,
  ConfigResourceType,
  METADATA_VERSION,
  type MetadataImage,
  metadataVersionName,
  type TopicImage,
} from '@ottla/metadata'
import type { DelegationTokenRecord, UserScramCredentialRecord } from '@ottla/protocol'
import { javaDouble } from '../shared/java-format.ts'
import { KAFKA_VERSION } from '../shared/version.ts'
import { aclText, brokerText, controllerText, partitionText, scramText, tokenText } from './record-text.ts'
import { folder, leaf, type ShellFolder, type ShellNode } from './shell-node.ts'

/** Up to where the metadata was read. */
export interface Provenance {
  readonly offset: number
  readonly epoch: number
  readonly timestampMs: number
}

type Entry = readonly [name: string, node: () => ShellNode]

const SCRAM_MECHANISMS: readonly (readonly [name: string, code: number])[] = [
  ['SCRAM-SHA-256', 1],
  ['SCRAM-SHA-512', 2],
]
const RESOURCE_NAMES: readonly (readonly [type: number, name: string])[] = [
  [ConfigResourceType.TOPIC, 'TOPIC'],
  [ConfigResourceType.BROKER, 'BROKER'],
  [ConfigResourceType.BROKER_LOGGER, 'BROKER_LOGGER'],
  [ConfigResourceType.CLIENT_METRICS, 'CLIENT_METRICS'],
  [ConfigResourceType.GROUP, 'GROUP'],
]
const ENTITY_NAMES: readonly (readonly [type: string, name: string])[] = [
  ['client-id', 'clientId'],
  ['ip', 'ip'],
  ['user', 'user'],
]

/** The root. */
export function metadataTree(image: MetadataImage, provenance: Provenance): ShellFolder {
  return folder(() => [
    ['image', () => imageNode(image, provenance)],
    ['local', () => folder(() => [textEntry('commitId', 'unknown'), textEntry('version', KAFKA_VERSION)])],
  ])
}

function imageNode(image: MetadataImage, provenance: Provenance): ShellFolder {
  const topics = [...image.topics.all()]
  return folder(() => [
    ['acls', () => only('byId', () => [...image.acls].map(([id, acl]) => textEntry(id, aclText(acl))))],
    ['clientQuotas', () => quotasNode(image)],
    [
      'cluster',
      () =>
        folder(() => [
          ['brokers', () => texts([...image.brokers].map(([id, broker]) => [String(id), brokerText(broker)]))],
          [
            'controllers',
            () => texts([...image.controllers].map(([id, controller]) => [String(id), controllerText(controller)])),
          ],
        ]),
    ],
    ['configs', () => configsNode(image)],
    [
      'delegationToken',
      () =>
        texts(
          [...image.delegationTokens].map(([id, token]: readonly [string, DelegationTokenRecord]) => [
            id,
            tokenText(token),
          ]),
        ),
    ],
    ['features', () => featuresNode(image)],
    ['producerIds', () => texts([['nextProducerId', String(Math.max(0, image.nextProducerId))]])],
    ['provenance', () => leaf(provenanceText(provenance))],
    ['scram', () => scramNode(image)],
    [
      'topics',
      () =>
        folder(() => [
          ['byId', () => folder(() => topics.map((topic) => [topic.id, () => topicNode(topic)]))],
          ['byName', () => folder(() => topics.map((topic) => [topic.name, () => topicNode(topic)]))],
        ]),
    ],
  ])
}

function topicNode({ id, name, partitions }: TopicImage): ShellFolder {
  return folder(() => [
    ...[...partitions.entries()].map(([number, partition]) => textEntry(String(number), partitionText(partition))),
    textEntry('id', id),
    textEntry('name', name),
  ])
}

function configsNode(image: MetadataImage): ShellFolder {
  return folder(function* () {
    for (const [type, typeName] of RESOURCE_NAMES) {
      for (const [name, settings] of image.configs.resources(type)) {
        yield [name === '' ? typeName : `${typeName}:${name}`, () => texts([...settings])]
      }
    }
  })
}

function quotasNode(image: MetadataImage): ShellFolder {
  return folder(function* () {
    for (const { entity, values } of image.clientQuotas.all()) {
      yield [entityName(entity), () => texts([...values].map(([key, value]) => [key, javaDouble(value)]))]
    }
  })
}

/** `clientId(c)_user(u)`; brackets and backslashes of a name are escaped. */
function entityName(entity: ClientQuotaEntity): string {
  const parts = ENTITY_NAMES.flatMap(([type, shown]) => {
    const name = entity.get(type)
    if (name === undefined) return []
    return [`${shown}(${name === null ? '<default>' : name.replace(/[\\()]/g, '\\$&')})`]
  })
  return parts.join('_')
}

function featuresNode({ features }: MetadataImage): ShellFolder {
  return folder(function* () {
    for (const [name, level] of features.stored) {
      if (name !== METADATA_VERSION) yield textEntry(`finalized_${name}`, String(level))
    }
    const level = features.stored.get(METADATA_VERSION)
    yield textEntry(
      'metadataVersion',
      level === undefined ? 'Optional.empty' : `Optional[${metadataVersionName(level) ?? level}]`,
    )
  })
}

function scramNode(image: MetadataImage): ShellFolder {
  const credentials = [...image.scramCredentials].map(([, credential]): UserScramCredentialRecord => credential)
  return folder(() =>
    SCRAM_MECHANISMS.map(
      ([name, code]): Entry => [
        name,
        () => texts(credentials.filter(({ mechanism }) => mechanism === code).map((one) => [one.name, scramText(one)])),
      ],
    ),
  )
}

function provenanceText({ offset, epoch, timestampMs }: Provenance): string {
  const time = new Date(timestampMs).toISOString().replace(/\.?0*Z$/, 'Z')
  return `offset ${offset}, epoch ${epoch}, time ${time}[UTC]`
}

function only(name: string, entries: () => readonly Entry[]): ShellFolder {
  return folder(() => [[name, () => folder(entries)]])
}

function texts(entries: readonly (readonly [string, string])[]): ShellFolder {
  return folder(() => entries.map(([name, text]) => textEntry(name, text)))
}

function textEntry(name: string, text: string): Entry {
  return [name, () => leaf(text)]
}
