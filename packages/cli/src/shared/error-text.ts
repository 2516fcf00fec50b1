/**
 * How Kafka's tools put errors into words. Where the broker sent a text it is used; for some codes that come without one
 * the tools show a fixed text, which scripts look for.
 */
import { ArgumentError, BrokerError, KafkaError, TimeoutError } from '@ottla/client'
import { FileError } from '../options/usage-error.ts'

interface KafkaText {
  /** Class that Java's tools name. */
  readonly exception: string
  readonly text: string
}

const TEXTS: Readonly<Record<string, KafkaText>> = {
  UNKNOWN_TOPIC_OR_PARTITION: {
    exception: 'UnknownTopicOrPartitionException',
    text: 'This server does not host this topic-partition.',
  },
  OFFSET_OUT_OF_RANGE: {
    exception: 'OffsetOutOfRangeException',
    text: 'The requested offset is not within the range of offsets maintained by the server.',
  },
  MESSAGE_TOO_LARGE: {
    exception: 'RecordTooLargeException',
    text: 'The request included a message larger than the max message size the server will accept.',
  },
  GROUP_ID_NOT_FOUND: { exception: 'GroupIdNotFoundException', text: 'The group id does not exist.' },
  NON_EMPTY_GROUP: { exception: 'GroupNotEmptyException', text: 'The group is not empty.' },
  UNKNOWN_MEMBER_ID: {
    exception: 'UnknownMemberIdException',
    text: 'The coordinator is not aware of this member.',
  },
  GROUP_SUBSCRIBED_TO_TOPIC: {
    exception: 'GroupSubscribedToTopicException',
    text: 'Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.',
  },
  INVALID_GROUP_ID: { exception: 'InvalidGroupIdException', text: 'The group id is invalid.' },
  INVALID_CONFIG: { exception: 'InvalidConfigurationException', text: 'Configuration is invalid.' },
  INVALID_REQUEST: { exception: 'InvalidRequestException', text: 'The request is not valid.' },
  SASL_AUTHENTICATION_FAILED: { exception: 'SaslAuthenticationException', text: 'SASL Authentication failed.' },
  TLS_AUTHENTICATION_FAILED: { exception: 'SslAuthenticationException', text: 'SSL handshake failed' },
  CLUSTER_AUTHORIZATION_FAILED: {
    exception: 'ClusterAuthorizationException',
    text: 'Cluster authorization failed.',
  },
  GROUP_AUTHORIZATION_FAILED: { exception: 'GroupAuthorizationException', text: 'Group authorization failed.' },
  DELEGATION_TOKEN_NOT_FOUND: {
    exception: 'DelegationTokenNotFoundException',
    text: 'Delegation Token is not found on server.',
  },
  DELEGATION_TOKEN_OWNER_MISMATCH: {
    exception: 'DelegationTokenOwnerMismatchException',
    text: 'Specified Principal is not valid Owner/Renewer.',
  },
  DELEGATION_TOKEN_EXPIRED: { exception: 'DelegationTokenExpiredException', text: 'Delegation Token is expired.' },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: {
    exception: 'DelegationTokenAuthorizationException',
    text: 'Delegation Token authorization failed.',
  },
  DELEGATION_TOKEN_AUTH_DISABLED: {
    exception: 'DelegationTokenDisabledException',
    text: 'Delegation Token feature is not enabled.',
  },
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: {
    exception: 'UnsupportedByAuthenticationException',
    text: 'Delegation Token requests are not allowed on PLAINTEXT/1-way SSL channels and on delegation token authenticated channels.',
  },
  POLICY_VIOLATION: {
    exception: 'PolicyViolationException',
    text: 'Request parameters do not satisfy the configured policy.',
  },
  UNSUPPORTED_VERSION: { exception: 'UnsupportedVersionException', text: 'The version of API is not supported.' },
  TOPIC_AUTHORIZATION_FAILED: {
    exception: 'TopicAuthorizationException',
    text: 'Topic authorization failed.',
  },
}

/** The message alone; below it, what Java's tools show in a stack trace. */
export function errorText(error: unknown): string {
  if (error instanceof FileError) return withCause(error.path, error.reason)
  if (isWrongAddress(error)) return withCause(NO_CLIENT, error.message)
  if (error instanceof TimeoutError && !(error.cause instanceof BrokerError)) return withCause(NO_NODE, error.message)
  if (error instanceof BrokerError && !error.hasBrokerMessage) return TEXTS[error.code]?.text ?? error.message
  return error instanceof Error ? error.message : String(error)
}

const NO_NODE = 'Timed out waiting for a node assignment. Call: metadata'
const NO_CLIENT = 'Failed to create new KafkaAdminClient'

/** Nothing was sent yet: the client could not be made of what stands in --bootstrap-server. */
export function isWrongAddress(error: unknown): error is ArgumentError {
  return error instanceof ArgumentError && error.message.includes('bootstrap')
}

/** A message whose reason stands on a line of its own, as below a Java stack trace. */
export function withCause(message: string, cause: string): string {
  return `${message}\nCaused by: ${cause}`
}

/** With the name of Java's exception in front, as tools show it that print the exception itself. */
export function errorTextWithClass(error: unknown): string {
  if (!(error instanceof KafkaError) || isWrongAddress(error)) return errorText(error)
  return `${exceptionClass(error)}: ${errorText(error)}`
}

/** Kafka's text for the code, whatever the broker says: for answers that had no text when Java's tools were written. */
export function codeTextWithClass(error: unknown): string {
  const known = error instanceof BrokerError ? TEXTS[error.code] : undefined
  return known === undefined ? errorTextWithClass(error) : `${exceptionClass(error)}: ${known.text}`
}

/** The name of Java's class alone. */
export function exceptionClass(error: unknown): string {
  return `org.apache.kafka.common.errors.${exceptionName(error)}`
}

/** `UNKNOWN_MEMBER_ID` → `UnknownMemberIdException`, where no other name is known. */
function exceptionName(error: unknown): string {
  if (error instanceof TimeoutError) return 'TimeoutException'
  if (!(error instanceof KafkaError)) return 'KafkaException'
  const words = error.code.toLowerCase().split('_')
  const camel = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return TEXTS[error.code]?.exception ?? (camel.endsWith('Exception') ? camel : `${camel}Exception`)
}
