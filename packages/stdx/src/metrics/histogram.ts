/**
 * How values are distributed: durations in microseconds, sizes in bytes. Each power of two is cut into 16 buckets, so a
 * quantile is at most 1/16 above the true value, for any range, in one array that grows with the largest value.
 */
const SUB_BITS = 4
const SUB_BUCKETS = 1 << SUB_BITS
const BUCKETS = (53 - SUB_BITS + 1) * SUB_BUCKETS
/** Enough for values up to 64. */
const FIRST_BUCKETS = 64
const TWO_32 = 2 ** 32

const NONE = new Float64Array(0)

export class Histogram {
  #counts = NONE
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  /** Values recorded. */
  get count(): number {
    return this.#count
  }

  get sum(): number {
    return this.#sum
  }

  /** The smallest value, exact; 0 when empty. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min
  }

  /** The largest value, exact; 0 when empty. */
  get max(): number {
    return this.#max
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  /** Takes a value in; fractions are cut off for its bucket, negative ones count as 0. */
  record(value: number): void {
    if (!(value > 0)) value = 0
    const index = bucketOf(value)
    if (index >= this.#counts.length) this.#grow(index + 1)
    this.#counts[index]!++
    this.#count++
    this.#sum += value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  /** A value at or above which at most 1 − q of all values lie, 0 ≤ q ≤ 1; never above the maximum; 0 when empty. */
  quantile(q: number): number {
    if (this.#count === 0) return 0
    const rank = Math.max(1, Math.ceil(q * this.#count))
    let seen = 0
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index] as number
      if (seen >= rank) return Math.max(this.#min, Math.min(this.#max, upperBound(index)))
    }
    return this.#max
  }

  /** Adds all values of another histogram. */
  merge(other: Histogram): void {
    this.#grow(other.#counts.length)
    for (let index = 0; index < other.#counts.length; index++) this.#counts[index]! += other.#counts[index] as number
    this.#count += other.#count
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  reset(): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#sum = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#max = 0
  }

  #grow(buckets: number): void {
    if (buckets <= this.#counts.length) return
    let length = FIRST_BUCKETS
    while (length < buckets) length *= 2
    const counts = new Float64Array(Math.min(length, BUCKETS))
    counts.set(this.#counts)
    this.#counts = counts
  }
}

function bucketOf(value: number): number {
  if (value < TWO_32) {
    const whole = value >>> 0
    if (whole < SUB_BUCKETS) return whole
    const exponent = 31 - Math.clz32(whole)
    return ((exponent - SUB_BITS + 1) << SUB_BITS) + ((whole >>> (exponent - SUB_BITS)) & (SUB_BUCKETS - 1))
  }
  const exponent = 32 + 31 - Math.clz32(Math.min(value, Number.MAX_SAFE_INTEGER) / TWO_32)
  const sub = Math.floor(Math.min(value, Number.MAX_SAFE_INTEGER) / 2 ** (exponent - SUB_BITS))
  return ((exponent - SUB_BITS + 1) << SUB_BITS) + (sub & (SUB_BUCKETS - 1))
}

/** The largest whole number that falls into the bucket. */
function upperBound(index: number): number {
  if (index < SUB_BUCKETS) return index
  const exponent = (index >>> SUB_BITS) + SUB_BITS - 1
  const sub = index & (SUB_BUCKETS - 1)
  return (SUB_BUCKETS + sub + 1) * 2 ** (exponent - SUB_BITS) - 1
}
