/** What can be measured. Each is a plain object that is updated in a few instructions; nothing is computed before it is read. */

/** A number that only grows. */
export class Counter {
  #value = 0

  get value(): number {
    return this.#value
  }

  increment(): void {
    this.#value++
  }

  /** `by` is not negative. */
  add(by: number): void {
    this.#value += by
  }
}

/** A number that goes up and down. */
export class Gauge {
  #value = 0

  get value(): number {
    return this.#value
  }

  set(value: number): void {
    this.#value = value
  }

  add(by: number): void {
    this.#value += by
  }
}
