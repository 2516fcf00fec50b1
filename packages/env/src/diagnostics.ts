/** Named channels on which a program tells what it does, to whoever listens in the same process. */

export interface DiagnosticsChannel {
  /** False as long as nobody would hear: then there is nothing to tell, and it should cost nothing. */
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

export interface Diagnostics {
  /** The channel of that name, the same for each call. */
  channel(name: string): DiagnosticsChannel
}
