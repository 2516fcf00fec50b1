/** The address of the HTTP listener: `http://host:port`; without a host every interface; nothing at all: there is none. */

export interface HttpAddress {
  /** Null: all interfaces. */
  readonly host: string | null
  /** 0: any free one. */
  readonly port: number
}

const ADDRESS = /^http:\/\/(?:\[([0-9a-fA-F:%.]*)\]|([0-9a-zA-Z\-%._]*)):([0-9]{1,5})\/?$/

/** Undefined when the text is no address; null when there is to be no listener. */
export function parseHttpAddress(text: string): HttpAddress | null | undefined {
  if (text.trim() === '') return null
  const match = ADDRESS.exec(text.trim())
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return undefined
  return { host: match[1] || match[2] || null, port }
}
