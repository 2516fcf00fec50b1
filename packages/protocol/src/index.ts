// records/

export { API_KEYS, APIS, Api, type ApiName, allApis, apiOf, type Listener } from './apis.ts'
export { ApiError, allErrors, ErrorCode, type ErrorFacts, type ErrorName, errorOf } from './errors.ts'
export {
  decodeCoordinatorKey,
  decodeCoordinatorRecord,
  decodeCoordinatorValue,
  decodeMetadataRecord,
  decodeRemoteLogRecord,
  decodeVersioned,
  encodeCoordinatorKey,
  encodeCoordinatorRecord,
  encodeCoordinatorValue,
  encodeMetadataRecord,
  encodeRemoteLogRecord,
  encodeVersioned,
} from './framing.ts'
// The barrel is a generated list of names
export * from './messages/index.ts'
export {
  GROUP_RECORDS,
  type GroupRecord,
  type GroupRecordInit,
  type KeyedRecordInitOf,
  type KeyedRecordOf,
  type KeyedRecordSet,
  type KeyOf,
  METADATA_RECORDS,
  type MetadataRecord,
  type MetadataRecordInit,
  REMOTE_LOG_RECORDS,
  type RecordInitOf,
  type RecordOf,
  type RecordSet,
  type RemoteLogRecord,
  type RemoteLogRecordInit,
  SHARE_RECORDS,
  type ShareRecord,
  type ShareRecordInit,
  TRANSACTION_RECORDS,
  type TransactionRecord,
  type TransactionRecordInit,
  type UnknownRecord,
} from './record-sets.ts'
export {
  BatchBuilder,
  type BatchOptions,
  type BuildOptions,
  maxSizeOfRecord,
  type RecordBytes,
  type RecordHeaderInit,
  type RecordInit,
} from './records/batch-builder.ts'
export { errorOfFault, messageOfFault } from './records/batch-fault-error.ts'
export {
  ATTRIBUTES_AT,
  addSequence,
  attributes,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchLength,
  COMPRESSION_MASK,
  CONTROL_BIT,
  CRC_AT,
  compressionOf,
  crc,
  DELETE_HORIZON_BIT,
  HEADER_BYTES,
  hasDeleteHorizon,
  isControl,
  isCrcValid,
  isLogAppendTime,
  isTransactional,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_PREFIX_BYTES,
  LOG_APPEND_TIME_BIT,
  lastOffset,
  lastOffsetDelta,
  lastSequence,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  magic,
  maxTimestamp,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  nextOffset,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  type ProducerFields,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  RECORD_COUNT_AT,
  recordCount,
  setBaseOffset,
  setPartitionLeaderEpoch,
  sizeInBytes,
  stampLogAppendTime,
  stampProducer,
  TRANSACTIONAL_BIT,
  updateCrc,
} from './records/batch-header.ts'
export {
  type BatchFault,
  batchEnd,
  batchesIn,
  checkBatch,
  checkProducedBatch,
  type TimestampBounds,
} from './records/check-batch.ts'
export { compress, type DecompressOptions, decompress } from './records/compression.ts'
export { CompressionError, type CompressionErrorCode } from './records/compression-error.ts'
export {
  COMPRESSION_NAMES,
  type CompressionName,
  CompressionType,
  isKnownCompression,
} from './records/compression-type.ts'
export {
  type ControlBatchOptions,
  ControlRecordType,
  controlBatch,
  controlRecordTypeOf,
  coordinatorEpochOf,
  type TransactionMarker,
  transactionMarkerBatch,
  UNKNOWN_CONTROL_RECORD,
} from './records/control-record.ts'
export { crc32c, loadNativeCrc32c } from './records/crc32c.ts'
export { groupMetadataHash } from './records/group-metadata-hash.ts'
export { compareUuids, javaHash, partitionForGroup, sharePartitionKey, uuidHash } from './records/java-hash.ts'
export { murmur2, partitionForKey, positiveMurmur2 } from './records/murmur2.ts'
export { Record, type RecordHeader, readCursorHeaders, readRecords } from './records/record.ts'
export { DEFAULT_MAX_DECOMPRESSED_BYTES, type ReadRecordsOptions, RecordCursor } from './records/record-cursor.ts'
export { xxh3 } from './records/xxh3.ts'
export {
  type Codec,
  type CodecMode,
  codecOf,
  compileCodec,
  decodeMessage,
  encodeMessage,
} from './schema/codec.ts'
export {
  type ArrayField,
  array,
  bool,
  bytes,
  type Field,
  type FieldOptions,
  type Fields,
  float64,
  int8,
  int16,
  int32,
  int64,
  int64bits,
  type Kind,
  records,
  type ScalarField,
  type StructField,
  type StructInit,
  type StructValue,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './schema/field.ts'
export { fromJson, type Json, type JsonObject, toJson } from './schema/json.ts'
export {
  coordinatorKey,
  coordinatorValue,
  data,
  type Element,
  header,
  type Init,
  metadataRecord,
  request,
  response,
  type Schema,
  type SchemaOptions,
  type SchemaType,
  type Value,
} from './schema/schema.ts'
export { unsupportedField } from './schema/unsupported-field.ts'
export { ALL_VERSIONS, hasVersion, NO_VERSIONS, parseVersions, type VersionRange } from './schema/versions.ts'
export { malformed, ProtocolError, type ProtocolErrorCode } from './wire/protocol-error.ts'
export { DEFAULT_ELEMENT_BUDGET, getInt64, Reader, type UnknownTag } from './wire/reader.ts'
export { isUuid, UUID_BYTES, uuidFromBytes, uuidToBytes, ZERO_UUID } from './wire/uuid.ts'
export {
  type Cursor,
  readUvarint,
  readUvarlong,
  readVarint,
  readVarlong,
  sizeOfUvarint,
  sizeOfVarint,
  sizeOfVarlong,
  writeUvarint,
  writeUvarlong,
  writeVarint,
  writeVarlong,
} from './wire/varint.ts'
export { REFERENCE_BYTES, setInt64, Writer } from './wire/writer.ts'
