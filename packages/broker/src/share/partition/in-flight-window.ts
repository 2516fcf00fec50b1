/**
 * The records of a share partition between its start offset and its end offset, as runs without holes. All below the start is final;
 * nothing at or above the end was looked at yet. Knows offsets and states, not the rules.
 */
import { assert } from '@ottla/stdx'
import { DeliveryState, isAlike, isFinal, lengthOf, newRun, type Run } from './run.ts'

/** Both inclusive. */
export interface OffsetRange {
  readonly first: number
  readonly last: number
}

export class InFlightWindow {
  /** In order; each begins where the one before ends. */
  readonly #runs: Run[] = []
  #startOffset: number
  #endOffset: number
  /** Offsets in final runs. */
  #finalCount = 0
  /** No run below is available. */
  #availableFrom: number

  constructor(startOffset: number) {
    this.#startOffset = startOffset
    this.#endOffset = startOffset
    this.#availableFrom = startOffset
  }

  get startOffset(): number {
    return this.#startOffset
  }

  /** Exclusive. */
  get endOffset(): number {
    return this.#endOffset
  }

  get runs(): readonly Run[] {
    return this.#runs
  }

  /** Records that are not final. */
  get inFlight(): number {
    return this.#endOffset - this.#startOffset - this.#finalCount
  }

  get finalCount(): number {
    return this.#finalCount
  }

  /** First offset of the first run that can be acquired; the end offset when there is none. */
  firstAvailable(): number {
    const runs = this.#runs
    let at = this.#availableFrom >= this.#endOffset ? runs.length : this.indexOf(this.#availableFrom)
    for (; at < runs.length; at++) {
      const run = runs[at]!
      if (run.state === DeliveryState.AVAILABLE) {
        this.#availableFrom = run.first
        return run.first
      }
    }
    this.#availableFrom = this.#endOffset
    return this.#endOffset
  }

  /** Index of the run that holds an offset of the window. */
  indexOf(offset: number): number {
    assert(offset >= this.#startOffset && offset < this.#endOffset, 'the offset is in the window')
    let [low, high] = [0, this.#runs.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#runs[middle]!.first <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Runs that make up exactly `first` to `last`, which lie in the window: those at its edges are split. */
  cut(first: number, last: number): Run[] {
    const from = this.#boundary(first)
    const upTo = this.#boundary(last + 1)
    return this.#runs.slice(from, upTo)
  }

  /**
   * The same for many ranges, in order and without overlap: tells each run, and the range that it is a part of. However many runs are split, those
   * behind are moved once.
   */
  cutEach<R extends OffsetRange>(ranges: readonly R[], told: (run: Run, range: R) => void): void {
    const runs = this.#runs
    const [from, upTo] = [this.indexOf(ranges[0]!.first), this.indexOf(ranges.at(-1)!.last) + 1]
    const pieces: Run[] = []
    let nextRange = 0
    for (let index = from; index < upTo; index++) {
      let rest: Run | null = runs[index]!
      while (rest !== null) {
        while (nextRange < ranges.length && ranges[nextRange]!.last < rest.first) nextRange += 1
        const range = ranges[nextRange]
        if (range === undefined || range.first > rest.last) {
          pieces.push(rest)
          break
        }
        if (range.first > rest.first) {
          pieces.push(rest)
          rest = split(rest, range.first)
        }
        const run: Run = rest
        rest = run.last > range.last ? split(run, range.last + 1) : null
        pieces.push(run)
        told(run, range)
      }
    }
    if (pieces.length === upTo - from) return
    const behind = runs.slice(upTo)
    runs.length = from
    for (const run of pieces) runs.push(run)
    for (const run of behind) runs.push(run)
  }

  /** Runs that overlap `first` to `last`, as they are. */
  overlapping(first: number, last: number): Run[] {
    const runs = this.#runs
    const found: Run[] = []
    const from = Math.max(first, this.#startOffset)
    if (from >= this.#endOffset) return found
    for (let at = this.indexOf(from); at < runs.length && runs[at]!.first <= last; at++) found.push(runs[at]!)
    return found
  }

  /** A run that begins at the end of the window. 'joined': the last one is longer now, and `run` is not in the window. */
  append(run: Run): 'joined' | 'kept' {
    assert(run.first === this.#endOffset && run.last >= run.first, 'runs leave no holes')
    this.#endOffset = run.last + 1
    if (isFinal(run.state)) this.#finalCount += lengthOf(run)
    const before = this.#runs.at(-1)
    if (before !== undefined && isAlike(before, run)) {
      before.last = run.last
      return 'joined'
    }
    this.#runs.push(run)
    return 'kept'
  }

  /** Fills the window up to `endOffset` with records that can be acquired. */
  appendAvailable(endOffset: number): void {
    if (endOffset > this.#endOffset) this.append(newRun(this.#endOffset, endOffset - 1, DeliveryState.AVAILABLE))
  }

  /** The state of a run changes. A run that has left the window changes unseen. */
  become(run: Run, state: DeliveryState): void {
    if (!run.isGone) {
      if (isFinal(run.state)) this.#finalCount -= lengthOf(run)
      if (isFinal(state)) this.#finalCount += lengthOf(run)
      if (state === DeliveryState.AVAILABLE) this.#availableFrom = Math.min(this.#availableFrom, run.first)
    }
    run.state = state
  }

  /** Joins runs that have become alike from `first` to `last`, and moves the start past final ones. To be called when a series of changes is over. */
  settle(first: number, last: number): void {
    const runs = this.#runs
    const [from, upTo] = [Math.max(first - 1, this.#startOffset), last + 1]
    if (from < this.#endOffset && last >= this.#startOffset) {
      const at = this.indexOf(from)
      let kept = at
      let next = at + 1
      for (; next < runs.length && runs[next]!.first <= upTo; next++) {
        const [before, run] = [runs[kept]!, runs[next]!]
        if (isAlike(before, run)) before.last = run.last
        else {
          kept += 1
          if (kept !== next) runs[kept] = run
        }
      }
      if (kept + 1 < next) runs.splice(kept + 1, next - kept - 1)
    }
    const front = runs[0]
    if (front !== undefined && isFinal(front.state)) {
      this.trimTo(runs.find(({ state }) => !isFinal(state))?.first ?? this.#endOffset)
    }
  }

  /** Joins all that is alike. */
  settleAll(): void {
    this.settle(this.#startOffset, this.#endOffset)
  }

  /** Nothing below `offset` counts any more. */
  trimTo(offset: number): void {
    const runs = this.#runs
    let gone = 0
    for (const run of runs) {
      if (run.last >= offset) break
      if (isFinal(run.state)) this.#finalCount -= lengthOf(run)
      run.isGone = true
      gone += 1
    }
    runs.splice(0, gone)
    const first = runs[0]
    if (first !== undefined && first.first < offset) {
      if (isFinal(first.state)) this.#finalCount -= offset - first.first
      first.first = offset
    }
    this.#startOffset = Math.max(this.#startOffset, offset)
    this.#endOffset = Math.max(this.#endOffset, this.#startOffset)
    this.#availableFrom = Math.max(this.#availableFrom, this.#startOffset)
  }

  /** Throws when runs are missing, overlap or are counted wrongly. For tests: it looks at every run. */
  check(): void {
    let at = this.#startOffset
    let finalCount = 0
    for (const run of this.#runs) {
      assert(run.first === at && run.last >= run.first && !run.isGone, 'runs leave no holes')
      if (isFinal(run.state)) finalCount += lengthOf(run)
      if (run.state === DeliveryState.AVAILABLE) assert(run.first >= this.#availableFrom, 'no available run is skipped')
      const isAcquired = run.state === DeliveryState.ACQUIRED
      assert(
        isAcquired === (run.memberId !== '') && isAcquired === Number.isFinite(run.lockUntilMs),
        'locks have owners',
      )
      at = run.last + 1
    }
    assert(at === this.#endOffset && finalCount === this.#finalCount, 'the window is counted rightly')
  }

  /** Index of the run that begins at `offset`, which is in the window or its end. */
  #boundary(offset: number): number {
    if (offset === this.#endOffset) return this.#runs.length
    const at = this.indexOf(offset)
    const run = this.#runs[at]!
    if (run.first === offset) return at
    this.#runs.splice(at + 1, 0, split(run, offset))
    return at + 1
  }
}

/** The run ends before `offset`; gives what begins there. */
function split(run: Run, offset: number): Run {
  const tail: Run = { ...run, first: offset }
  run.last = offset - 1
  run.pending?.transition.runs.push(tail)
  return tail
}
