/** What the module of main.ts and lz4-memory.ts, which calls it, have agreed on. */

/** Most bytes of a block that is packed: positions in it fit the 16 bits of a table. */
export const MAX_PACKED_BLOCK_BYTES = 64 * 1024
/** Most bytes of a block that is unpacked: the format has no larger ones. */
export const MAX_BLOCK_BYTES = 4 * 1024 * 1024
/** Copies reach so far back, into the block before where blocks are linked. */
export const HISTORY_BYTES = 64 * 1024
/** Most bytes of output in the memory. */
export const MAX_OUTPUT_BYTES = MAX_BLOCK_BYTES + HISTORY_BYTES

/** Address of the input. In front of it is the table of packing, behind it the output. */
export const INPUT = 16 * 1024
/** So much behind input and output is read and written beyond their end. */
export const SLACK_BYTES = 64

export const PAGE_BYTES = 64 * 1024
export const INITIAL_PAGES = 4
export const MAX_PAGES = Math.ceil((INPUT + MAX_BLOCK_BYTES + MAX_OUTPUT_BYTES + 3 * SLACK_BYTES) / PAGE_BYTES)

/** What unpacking gives in place of the end of the output. */
export const OVER_LIMIT = -1
export const CUT_SHORT = -2
export const WRONG_DISTANCE = -3
