/**
 * Ranges of offsets with a delivery state: sorted, without overlap, neighbours that say the same joined.
 *
 * Where ranges that are laid over each other say different things of an offset, the higher delivery count wins, and among equal
 * counts the higher state (acknowledged over available, archived over acknowledged). So it does not matter in which order writes
 * arrive, and none is undone by one that was overtaken.
 */

export interface StateBatch {
  readonly firstOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  /** 0 available, 2 acknowledged, 3 archiving, 4 archived. 1 (acquired) is of the leader alone and never stored. */
  readonly deliveryState: number
  readonly deliveryCount: number
}

/** Lays `added`, which may be in any order and overlap, over `known`; cuts off what lies below `startOffset` (-1: nothing). */
export function mergeBatches(
  known: readonly StateBatch[],
  added: readonly StateBatch[],
  startOffset: number,
): readonly StateBatch[] {
  if (added.length === 0) return cutBelow(known, startOffset)
  const merged = [...known]
  for (const batch of added) if (batch.lastOffset >= startOffset) lay(merged, batch)
  return cutBelow(merged, startOffset)
}

/** undefined: fine. */
export function faultOf({ firstOffset, lastOffset, deliveryState, deliveryCount }: StateBatch): string | undefined {
  if (firstOffset < 0 || lastOffset < firstOffset) return `The batch ${firstOffset} to ${lastOffset} is no range.`
  if (deliveryState < 0 || deliveryState > 4 || deliveryState === 1)
    return `Delivery state ${deliveryState} is not one that is stored.`
  return deliveryCount < 0 ? `Delivery count ${deliveryCount} is negative.` : undefined
}

function cutBelow(batches: readonly StateBatch[], startOffset: number): readonly StateBatch[] {
  const first = batches[0]
  if (first === undefined || first.firstOffset >= startOffset) return batches
  const rest = batches.slice(firstEndingAtOrAbove(batches, startOffset))
  const cut = rest[0]
  if (cut !== undefined && cut.firstOffset < startOffset) rest[0] = { ...cut, firstOffset: startOffset }
  return rest
}

function lay(batches: StateBatch[], batch: StateBatch): void {
  // With the neighbours that touch it, as they may say the same.
  const from = firstEndingAtOrAbove(batches, batch.firstOffset - 1)
  let to = from
  while (to < batches.length && (batches[to] as StateBatch).firstOffset <= batch.lastOffset + 1) to += 1
  const pieces: StateBatch[] = []
  let at = batch.firstOffset
  for (const old of batches.slice(from, to)) {
    push(pieces, old, old.firstOffset, Math.min(old.lastOffset, batch.firstOffset - 1))
    push(pieces, batch, at, Math.min(old.firstOffset - 1, batch.lastOffset))
    const overlap = [Math.max(old.firstOffset, batch.firstOffset), Math.min(old.lastOffset, batch.lastOffset)] as const
    push(pieces, prevails(batch, old) ? batch : old, ...overlap)
    push(pieces, old, Math.max(old.firstOffset, batch.lastOffset + 1), old.lastOffset)
    at = Math.max(at, old.lastOffset + 1)
  }
  push(pieces, batch, at, batch.lastOffset)
  batches.splice(from, to - from, ...pieces)
}

function push(pieces: StateBatch[], like: StateBatch, firstOffset: number, lastOffset: number): void {
  if (firstOffset > lastOffset) return
  const previous = pieces.at(-1)
  if (previous !== undefined && previous.lastOffset + 1 === firstOffset && saysTheSame(previous, like))
    pieces[pieces.length - 1] = { ...previous, lastOffset }
  else pieces.push({ ...like, firstOffset, lastOffset })
}

function prevails(batch: StateBatch, over: StateBatch): boolean {
  if (batch.deliveryCount !== over.deliveryCount) return batch.deliveryCount > over.deliveryCount
  return batch.deliveryState >= over.deliveryState
}

function saysTheSame(left: StateBatch, right: StateBatch): boolean {
  return left.deliveryState === right.deliveryState && left.deliveryCount === right.deliveryCount
}

function firstEndingAtOrAbove(batches: readonly StateBatch[], offset: number): number {
  let low = 0
  let high = batches.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((batches[middle] as StateBatch).lastOffset < offset) low = middle + 1
    else high = middle
  }
  return low
}
