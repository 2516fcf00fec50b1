/**
 * What is needed of a PostgreSQL driver, in the form of node-postgres (`pg`), whose `Pool`, `PoolClient` and `Client` fit as they are. Nothing of it is
 * imported: who uses PostgreSQL brings the driver.
 */

/** Runs a statement with `$1`, `$2`, … */
export interface PostgresQueryable {
  // biome-ignore lint/suspicious/noExplicitAny: rows are what the statement says; drivers type them so
  query(text: string, values?: any[]): Promise<{ readonly rows: any[]; readonly rowCount: number | null }>
}

/** A connection out of a pool. */
export interface PostgresClient extends PostgresQueryable {
  /** Gives it back; with `true` or an error it is closed, since nobody knows what state it is in. */
  release(destroy?: boolean | Error): void
  // biome-ignore lint/suspicious/noExplicitAny: as in Node's EventEmitter
  on?(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as in Node's EventEmitter
  off?(event: string, listener: (...args: any[]) => void): unknown
}

export interface PostgresPool<C extends PostgresClient = PostgresClient> {
  connect(): Promise<C>
}

/** Runs the body with a connection of its own, which is closed when the body throws `LostConnection`, and else given back. */
export async function withClient<C extends PostgresClient, T>(
  pool: PostgresPool<C>,
  body: (client: C) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let failure: Error | null = null
  // A connection that ends by itself emits an error, which would end the process if nobody listened. The next statement rejects anyway.
  const onError = (error: Error): void => {
    failure = error
  }
  client.on?.('error', onError)
  const release = (lost: unknown): void => {
    client.off?.('error', onError)
    if (lost === null) client.release()
    else client.release(lost instanceof Error ? lost : true)
  }
  try {
    const value = await body(client)
    release(failure)
    return value
  } catch (error) {
    if (error instanceof LostConnection) {
      release(error.reason)
      throw error.reason
    }
    release(failure)
    throw error
  }
}

/** Runs the body in a transaction on a connection of its own. `rollback` ends it without effect; so does a throw. */
export async function inTransaction<C extends PostgresClient, T>(
  pool: PostgresPool<C>,
  body: (client: C) => Promise<{ readonly end: 'commit' | 'rollback'; readonly value: T }>,
): Promise<T> {
  return await withClient(pool, async (client) => {
    try {
      await client.query('begin')
      const { end, value } = await body(client)
      await client.query(end)
      return value
    } catch (error) {
      await client.query('rollback').catch(() => {
        throw new LostConnection(error)
      })
      throw error
    }
  })
}

/** Nobody knows what state the connection is in. */
class LostConnection {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** An identifier in quotes, `schema.table` in parts. */
export function quotedName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}
