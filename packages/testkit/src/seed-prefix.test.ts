/**
 * What the seeds of a soak begin with: those of nobody yet; or, with SEED_PREFIX, the same again. CI takes the commit's name: other
 * seeds for every commit, and for one commit always the same.
 */
export function seedPrefix(): string {
  return process.env['SEED_PREFIX'] ?? Date.now().toString(36)
}
