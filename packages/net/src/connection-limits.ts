/** How many connections there may be: in all, and from one address (max.connections, max.connections.per.ip and its overrides). */
export interface ConnectionLimitOptions {
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  /** By address. */
  readonly perIpOverrides: ReadonlyMap<string, number>
}

export class ConnectionLimits {
  readonly #options: () => ConnectionLimitOptions
  #open = 0
  #byAddress = new Map<string, number>()

  /** A function is asked for each connection: limits may change. */
  constructor(options: ConnectionLimitOptions | (() => ConnectionLimitOptions)) {
    this.#options = typeof options === 'function' ? options : () => options
  }

  get open(): number {
    return this.#open
  }

  /** Counts a connection in; a text refuses it, and then it is not counted. */
  admit(address: string): string | null {
    const key = plainAddress(address)
    const { maxConnections, maxConnectionsPerIp, perIpOverrides } = this.#options()
    if (this.#open >= maxConnections) {
      return `there are already ${this.#open} connections (max.connections)`
    }
    const limit = perIpOverrides.get(key) ?? maxConnectionsPerIp
    const fromThere = this.#byAddress.get(key) ?? 0
    if (fromThere >= limit) return `there are already ${fromThere} connections from ${key} (max.connections.per.ip)`
    this.#open += 1
    this.#byAddress.set(key, fromThere + 1)
    return null
  }

  /** Counts a connection out. */
  release(address: string): void {
    const key = plainAddress(address)
    this.#open -= 1
    const left = (this.#byAddress.get(key) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(key)
    else this.#byAddress.set(key, left)
  }
}

/** An IPv4 address that a dual-stack socket shows in IPv6 form is the same address. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
