/**
 * Every API that this broker serves. What is not here is not advertised, and a request for it closes the connection.
 * Sorted by key.
 */
import { apiVersions } from './18-api-versions.ts'
import type { ApiHandler } from './handler.ts'

export const API_TABLE: readonly ApiHandler[] = [apiVersions]
