/**
 * How the server process ends, and what it says then. One row per way: scripts and service units may rely on the numbers.
 */
import { FileSystemError, NetworkError } from '@ottla/env'
import { LogError } from '@ottla/log'
import { MetadataError } from '@ottla/metadata'

export interface ExitRow {
  readonly code: number
  /** For the documentation. */
  readonly meaning: string
}

export const EXIT = {
  stopped: { code: 0, meaning: 'stopped in order' },
  failed: { code: 1, meaning: 'wrong arguments, or a failure that has no row of its own' },
  config: { code: 2, meaning: 'a setting is wrong, or the file of settings cannot be read' },
  portInUse: { code: 3, meaning: 'another process listens on the port' },
  address: { code: 4, meaning: 'the address of a listener is not of this machine, or the port is not allowed' },
  folderLocked: { code: 5, meaning: 'another process uses the data folder' },
  folderUnwritable: { code: 6, meaning: 'the data folder cannot be made, read or written' },
  diskFull: { code: 7, meaning: 'the disk of the data folder is full' },
  identityMismatch: { code: 8, meaning: 'the data folder belongs to another node or cluster' },
  corrupt: { code: 9, meaning: 'the metadata in the data folder is damaged, or from a newer release' },
  fatal: { code: 10, meaning: 'a broken invariant, or all data folders failed, while the server ran' },
  interrupted: { code: 130, meaning: 'interrupted a second time, before the stop was over' },
} as const satisfies Readonly<Record<string, ExitRow>>

export interface Ending {
  readonly row: ExitRow
  /** One sentence, or several lines. */
  readonly message: string
}

/** The row and the sentence for an error that ended the start. */
export function endingOf(error: unknown): Ending {
  const causes = chainOf(error)
  const network = causes.find((cause) => cause instanceof NetworkError)
  if (network !== undefined) return networkEnding(network)
  const file = causes.find((cause) => cause instanceof FileSystemError)
  if (file !== undefined) return fileEnding(file)
  const metadata = causes.find((cause) => cause instanceof MetadataError)
  if (metadata !== undefined) return metadataEnding(metadata)
  const log = causes.find((cause) => cause instanceof LogError)
  if (log !== undefined) return logEnding(log)
  return { row: EXIT.failed, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

function networkEnding({ code, message }: NetworkError): Ending {
  switch (code) {
    case 'EADDRINUSE':
      return {
        row: EXIT.portInUse,
        message: `${message}. Another process listens there: stop it (bin/kafka-server-stop.sh, if it is a broker), or choose another port with --override listeners=PLAINTEXT://localhost:PORT.`,
      }
    case 'EACCES':
      return { row: EXIT.address, message: `${message}. This user may not listen on that port: choose one above 1023.` }
    default:
      return { row: EXIT.address, message: `${message}. Correct the host in listeners.` }
  }
}

function fileEnding({ code, path, message }: FileSystemError): Ending {
  switch (code) {
    case 'ELOCKED':
      return {
        row: EXIT.folderLocked,
        message: `Another process uses the data folder ${path}. Stop it, or give this one another folder with --override log.dirs=FOLDER.`,
      }
    case 'ENOSPC':
    case 'EDQUOT':
      return { row: EXIT.diskFull, message: `The disk is full: ${path} cannot be written. Make room and start again.` }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return {
        row: EXIT.folderUnwritable,
        message: `The data folder cannot be used: ${path}: ${reasonOf(code)}. Give this user access, or choose another folder with --override log.dirs=FOLDER.`,
      }
    default:
      return { row: EXIT.folderUnwritable, message: `The data folder cannot be used: ${path}: ${message}` }
  }
}

function metadataEnding({ code, message }: MetadataError): Ending {
  if (code === 'IDENTITY_MISMATCH') {
    return {
      row: EXIT.identityMismatch,
      message: `${message}. What the folder says holds: correct the settings, or give this node another folder.`,
    }
  }
  return { row: EXIT.corrupt, message }
}

/** What a start opens itself is the log of the metadata: another partition that is damaged is offline, and the server starts. */
function logEnding({ code, message }: LogError): Ending {
  switch (code) {
    case 'WRONG_FOLDER':
      return {
        row: EXIT.identityMismatch,
        message: `${message}. Correct node.id or log.dirs, or give this node another folder.`,
      }
    case 'CORRUPT':
      return {
        row: EXIT.corrupt,
        message: `${message}. Nothing was changed: bring the folder back from a copy, or give this node another one.`,
      }
    default:
      return { row: EXIT.folderUnwritable, message: `The data folder cannot be used: ${message}` }
  }
}

function reasonOf(code: string): string {
  if (code === 'EROFS') return 'the file system is read-only'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a file stands where a folder must be'
  return 'this user may not do that'
}

const CAUSES_MAX = 10

function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && chain.length < CAUSES_MAX; ) {
    chain.push(at)
    at = at instanceof Error ? at.cause : undefined
  }
  return chain
}
