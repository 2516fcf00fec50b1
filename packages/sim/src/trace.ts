/** A running hash of all that happened. Two runs from one seed have the same; the first difference shows as a different one. */
export class Trace {
  readonly #lines: string[] | null
  #high = 0x811c9dc5
  #low = 0xcbf29ce4
  #count = 0

  constructor(options: { readonly keepLines: boolean }) {
    this.#lines = options.keepLines ? [] : null
  }

  /** Events so far. */
  get count(): number {
    return this.#count
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0')
  }

  /** The lines, when they are kept: to find where two runs part. */
  get lines(): readonly string[] {
    return this.#lines ?? []
  }

  add(at: number, label: string, detail: number): void {
    this.#count++
    // Thousandths of a millisecond are enough to tell times apart, and whole numbers hash quickly.
    this.#mix(Math.trunc(at * 1000))
    for (let i = 0; i < label.length; i++) this.#high = Math.imul(this.#high ^ label.charCodeAt(i), 0x01000193)
    this.#mix(detail)
    this.#lines?.push(`${at.toFixed(3)} ${label} ${detail}`)
  }

  #mix(n: number): void {
    this.#high = Math.imul(this.#high ^ (n | 0), 0x01000193)
    this.#low = Math.imul((this.#low ^ this.#high) + ((n / 2 ** 32) | 0), 0x85ebca6b)
    this.#low ^= this.#low >>> 13
  }
}

/** A cheap hash of bytes for the trace: the length and up to 64 of them. */
export function digest(bytes: Uint8Array): number {
  let hash = bytes.length | 0
  const step = Math.max(1, bytes.length >>> 6)
  for (let i = 0; i < bytes.length; i += step) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return hash
}
