/** The error code and the text with which a broker answers a {@link BatchFault}. */

import { formatInt64 } from '@ottla/stdx'
import { ErrorCode } from '../errors.ts'
import type { BatchFault } from './check-batch.ts'

/** The code that Kafka 4 answers to a produced batch with this fault. */
export function errorOfFault(fault: BatchFault): number {
  switch (fault.kind) {
    case 'invalid-length':
    case 'crc-mismatch':
      return ErrorCode.CORRUPT_MESSAGE
    case 'unsupported-magic':
      // The old formats are read well enough to be refused; any other number means that these bytes are no batch.
      return fault.magic === 0 || fault.magic === 1 ? ErrorCode.INVALID_RECORD : ErrorCode.CORRUPT_MESSAGE
    case 'unsupported-compression':
      return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    case 'log-append-time':
    case 'timestamp-out-of-bounds':
      return ErrorCode.INVALID_TIMESTAMP
    default:
      return ErrorCode.INVALID_RECORD
  }
}

/** One sentence with the values that show the fault. */
export function messageOfFault(fault: BatchFault): string {
  switch (fault.kind) {
    case 'no-batch':
      return 'there must be a record batch for each partition'
    case 'truncated':
      return `the batch takes ${fault.neededBytes} bytes, ${fault.availableBytes} are there`
    case 'invalid-length':
      return `a batch cannot have a length of ${fault.length}`
    case 'unsupported-magic':
      return `message format ${fault.magic} is not supported, only 2`
    case 'crc-mismatch':
      return `the record batch is corrupt: stored crc ${fault.stored}, computed ${fault.computed}`
    case 'more-than-one-batch':
      return `only one batch is allowed for each partition, ${fault.bytes} bytes follow it`
    case 'invalid-base-offset':
      return `the base offset of a produced batch must be 0, not ${formatInt64(fault.baseOffset)}`
    case 'invalid-count':
    case 'count-mismatch':
      return `the batch has ${fault.count} records and a last offset delta of ${fault.lastOffsetDelta}`
    case 'control-batch':
      return 'clients are not allowed to write control batches'
    case 'delete-horizon':
      return 'clients are not allowed to set a delete horizon'
    case 'invalid-producer':
      return `base sequence ${fault.baseSequence} does not go with producer id ${formatInt64(fault.producerId)}`
    case 'unsupported-compression':
      return `compression type ${fault.compression} is not known`
    case 'log-append-time':
      return 'clients are not allowed to set log append time'
    case 'timestamp-out-of-bounds': {
      const { earliest, latest } = fault.bounds
      return `timestamp ${formatInt64(fault.timestamp)} is out of range, ${formatInt64(earliest)} to ${formatInt64(latest)}`
    }
  }
}
