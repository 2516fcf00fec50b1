import type {
  DeleteShareGroupStateRequest,
  DeleteShareGroupStateResponse,
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
  WriteShareGroupStateRequest,
  WriteShareGroupStateResponse,
} from '@ottla/protocol'

/**
 * Where the state of share partitions is kept (KIP-932): the port between those who use it (group coordinator: initialise, delete,
 * summary; leaders of partitions: read, write) and the share coordinators, wherever those are.
 *
 * A request may name many topics and partitions. The answer has one result for each partition asked for, in the order
 * of the request, with its own error code. Nothing is rejected: what goes wrong on the way is an error code too.
 * Retriable ones (a share coordinator that moves or loads, a missing topic of state) were retried for a while
 * already; what comes through may be asked again.
 *
 * | error code of a partition | meaning |
 * |---|---|
 * | FENCED_LEADER_EPOCH | read, write: a leader with a newer epoch has read the state since |
 * | FENCED_STATE_EPOCH | initialise, write: the state has been initialised anew since, under a higher state epoch |
 * | INVALID_REQUEST | not initialised, negative partition or offset, batches that make no sense |
 * | UNKNOWN_TOPIC_OR_PARTITION | the topic has no such id or no such partition |
 * | COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS | ask again |
 */
export interface SharePersister {
  /** Creates the state, or begins it anew under a higher state epoch. */
  initializeState(request: InitializeShareGroupStateRequest): Promise<InitializeShareGroupStateResponse>
  /**
   * Reads the state for a leader in `leaderEpoch`, and remembers the epoch: from then on lower ones are fenced (-1: reads only).
   * The start offset is -1 when the state was created without one: the leader decides on it (share.auto.offset.reset). What was never
   * initialised is INVALID_REQUEST, also for a write.
   */
  readState(request: ReadShareGroupStateRequest): Promise<ReadShareGroupStateResponse>
  /**
   * Lays batches over the stored ones, and moves the start offset (-1 keeps it). Where old and new differ about an offset, the higher
   * delivery count wins, then the higher state: writes may overtake each other.
   */
  writeState(request: WriteShareGroupStateRequest): Promise<WriteShareGroupStateResponse>
  /** Deletes the state. What does not exist is deleted already. */
  deleteState(request: DeleteShareGroupStateRequest): Promise<DeleteShareGroupStateResponse>
  /** Start offset, epochs and count of finished deliveries, without the batches; leader epoch is the one that wrote last. What was never
   * initialised has start offset -1. */
  readStateSummary(request: ReadShareGroupStateSummaryRequest): Promise<ReadShareGroupStateSummaryResponse>
}
