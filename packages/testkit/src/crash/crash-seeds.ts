/**
 * Seeds that once failed, and what they had found. Each was cured where it came from, with a test of its own there; here they stand
 * since what is drawn from them led to a corner before. When the plans are drawn otherwise they lead somewhere else, which does no harm.
 */
import type { Promised } from './crash-plan.ts'

export const CRASH_SEEDS: readonly { readonly promised: Promised; readonly seed: string; readonly found: string }[] = [
  { promised: 'fsync', seed: 'm.17', found: 'a segment that was active at the recovery point lost its time index' },
  { promised: 'none', seed: 'm.45', found: 'the name of a new data folder was never synced' },
  { promised: 'fsync', seed: 'g.58', found: 'the checkpoints of a deleted topic counted for a new one of its name' },
  { promised: 'fsync', seed: 'f.7', found: 'holes after a loss of power were taken for damage' },
  { promised: 'fsync', seed: 'f.47', found: 'a coordinator never came back after a full disk' },
  { promised: 'fsync', seed: 'e.8', found: 'a full disk took a data folder offline for good' },
  {
    promised: 'fsync',
    seed: 'd.12',
    found: 'four of the last five batches of a producer were forgotten over a restart',
  },
  {
    promised: 'replicated',
    seed: 'rmwqojq7r.30',
    found: 'a producer was forgotten whose records were deleted after one crash and before the next',
  },
  { promised: 'replicated', seed: 'rmwqx94y9.256', found: 'only the first log start of a life was recorded' },
  {
    promised: 'fsync',
    seed: 'mwqwlho4.102',
    found:
      'batches that were deleted before they were acknowledged are out of order when they are sent again after a restart',
  },
  {
    promised: 'replicated',
    seed: 'r5ae053ef6d15.30',
    found: 'the model took the later of two records with the largest time, where the first lies below the log start',
  },
  { promised: 'fsync', seed: 'c.27', found: 'a first batch was taken back and the second one accepted' },
]
