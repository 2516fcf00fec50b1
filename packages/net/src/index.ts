export type {
  AnsweredRequest,
  ApiPair,
  ClientConnectionOptions,
  RequestObserver,
  RequestOptions,
} from './client-connection.ts'
export { ClientConnection } from './client-connection.ts'
export type { ConnectionErrorCode } from './connection-error.ts'
export { ConnectionError } from './connection-error.ts'
export type { ConnectionLimitOptions } from './connection-limits.ts'
export type { FrameAllocator } from './frame-reader.ts'
export { LineLimit } from './line-limit.ts'
export { requestHeaderVersion, responseHeaderVersion, skipTags } from './message-header.ts'
export type { PeerVersions, VersionRange } from './negotiate-api-versions.ts'
export type { OauthToken, OauthTokenProvider } from './sasl/oauth-bearer.ts'
export { OauthBearerMechanism } from './sasl/oauth-bearer.ts'
export type { PlainCredentials } from './sasl/plain.ts'
export { PlainMechanism } from './sasl/plain.ts'
export type { SaslExchange, SaslMechanism, SaslWorld } from './sasl/sasl-mechanism.ts'
export { SaslError } from './sasl/sasl-mechanism.ts'
export type { ScramCredentials } from './sasl/scram.ts'
export { ScramClient } from './sasl/scram.ts'
export type { ConnectionEnd, ServerConnection, ServerConnectionLimits, ServerCounters } from './server-connection.ts'
export type { AnswerOwner, ServerRequest } from './server-request.ts'
export type { BoundListener, ListenerAddress, SocketServerOptions } from './socket-server.ts'
export { SocketServer } from './socket-server.ts'
