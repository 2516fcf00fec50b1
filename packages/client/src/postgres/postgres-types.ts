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
}

export interface PostgresPool<C extends PostgresClient = PostgresClient> {
  connect(): Promise<C>
}

/** Runs the body in a transaction on a connection of its own. `rollback` ends it without effect; so does a throw. */
export async function inTransaction<C extends PostgresClient, T>(
  pool: PostgresPool<C>,
  body: (client: C) => Promise<{ readonly end: 'commit' | 'rollback'; readonly value: T }>,
): Promise<T> {
  const client = await pool.connect()
  let result: Awaited<ReturnType<typeof body>>
  try {
    await client.query('begin')
    result = await body(client)
    await client.query(result.end)
  } catch (error) {
    await giveUp(client, error)
    throw error
  }
  client.release()
  return result.value
}

async function giveUp(client: PostgresClient, error: unknown): Promise<void> {
  try {
    await client.query('rollback')
    client.release()
  } catch {
    client.release(error instanceof Error ? error : true)
  }
}

/** An identifier in quotes, `schema.table` in parts. */
export function quotedName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}
