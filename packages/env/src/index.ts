export type { Clock, Timer, Timers } from './clock.ts'
export type { Diagnostics, DiagnosticsChannel } from './diagnostics.ts'
export type { Env } from './env.ts'
export type { DirectoryEntry, FileHandle, FileStat, FileSystem, OpenMode } from './file-system.ts'
export { FileSystemError } from './file-system.ts'
export type {
  HttpAnswer,
  HttpClient,
  HttpHandler,
  HttpQuestion,
  HttpReply,
  HttpRequest,
  HttpServers,
} from './http.ts'
export type { LogFormat, LogFormatter } from './log-format.ts'
export { isLogLevel, LOG_LEVELS, LogLevels, ROOT_LOGGER } from './log-levels.ts'
export type { LogFields, Logger, LogLevel } from './logger.ts'
export type { ByteStream, ConnectOptions, ListenAddress, ListeningSocket, Network } from './network.ts'
export { NetworkError } from './network.ts'
export type { Pool, PoolTask, PoolTaskOptions, PoolTasks } from './pool.ts'
export { PoolError } from './pool.ts'
export type { ProcessFigures } from './process-figures.ts'
export type { Random } from './random.ts'
export type { NativeZstd, ZstdOptions } from './runtime-features.ts'
export { nativeZstd } from './runtime-features.ts'
export type { LoggerOptions, LogLine } from './structured-logger.ts'
export { createLogger } from './structured-logger.ts'
export type { Pem, TlsOptions } from './tls-options.ts'
export { uuidFromRandomBytes } from './uuid.ts'
export { writeFileAtomic } from './write-file-atomic.ts'
