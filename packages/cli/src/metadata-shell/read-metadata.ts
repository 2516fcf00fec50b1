/** Reads the metadata out of a snapshot, a segment of the metadata log, or a folder with both. */
import { join, resolve } from 'node:path'
import { EMPTY_IMAGE, ImageBuilder, type MetadataImage } from '@ottla/metadata'
import {
  CompressionError,
  decodeMetadataRecord,
  isControl,
  lastOffset,
  maxTimestamp,
  ProtocolError,
  partitionLeaderEpoch,
  readRecords,
} from '@ottla/protocol'
import { BatchFile } from '../dump-log/batch-file.ts'
import type { Io } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import type { Provenance } from './metadata-tree.ts'

const SNAPSHOT = /^(\d{20})-\d{10}\.checkpoint$/
const SEGMENT = /^(\d{20})\.log$/
const METADATA_FOLDER = '__cluster_metadata-0'

export interface ReadMetadata {
  readonly image: MetadataImage
  readonly provenance: Provenance
}

/** Throws ToolError. */
export function readMetadata(path: string, io: Io): ReadMetadata {
  const absolute = resolve(io.workingDirectory, path)
  const stat = io.env.files.statSync(absolute)
  if (stat === null) throw new ToolError(`Unexpected error: java.nio.file.NoSuchFileException: ${path}`)
  const files = stat.isDirectory ? filesOf(absolute, io) : [{ path: absolute, from: 0 }]
  const reading = new Reading(io)
  try {
    for (const file of files) reading.read(file.path, file.from)
  } catch (error) {
    if (!(error instanceof ProtocolError) && !(error instanceof CompressionError)) throw error
    throw new ToolError(`Unexpected error: ${error.message}`)
  }
  return reading.result()
}

interface SourceFile {
  readonly path: string
  /** Offset of the first record that counts. */
  readonly from: number
}

/** The newest snapshot, and the segments behind it. */
function filesOf(folder: string, io: Io): SourceFile[] {
  const { files } = io.env
  const within = join(folder, METADATA_FOLDER)
  const place = files.statSync(within)?.isDirectory === true ? within : folder
  const names = files.listSync(place).map(({ name }) => name)
  const snapshot = names.filter((name) => SNAPSHOT.test(name)).at(-1)
  const segments = names.filter((name) => SEGMENT.test(name))
  if (snapshot === undefined && segments.length === 0) throw new ToolError(`${folder} holds no metadata log`)
  const from = snapshot === undefined ? 0 : Number(SNAPSHOT.exec(snapshot)![1])
  const newer = segments.filter((_, at) => {
    const next = segments[at + 1]
    return next === undefined || Number(SEGMENT.exec(next)![1]) > from
  })
  return [
    ...(snapshot === undefined ? [] : [{ path: join(place, snapshot), from: 0 }]),
    ...newer.map((name) => ({ path: join(place, name), from })),
  ]
}

class Reading {
  readonly #io: Io
  readonly #builder = new ImageBuilder(EMPTY_IMAGE)
  #provenance: Provenance = { offset: -1, epoch: -1, timestampMs: 0 }

  constructor(io: Io) {
    this.#io = io
  }

  read(path: string, from: number): void {
    using file = new BatchFile(path, this.#io)
    for (const { bytes } of file.batches()) {
      if (isControl(bytes, 0) || lastOffset(bytes, 0) < from) continue
      for (const { value, offset } of readRecords(bytes)) {
        if (value !== null && offset >= from) this.#builder.apply(decodeMetadataRecord(value))
      }
      const epoch = partitionLeaderEpoch(bytes, 0)
      this.#provenance = { offset: lastOffset(bytes, 0), epoch, timestampMs: maxTimestamp(bytes, 0) }
    }
  }

  result(): ReadMetadata {
    const { offset, epoch } = this.#provenance
    this.#builder.moveTo(offset, epoch)
    return { image: this.#builder.build().image, provenance: this.#provenance }
  }
}
