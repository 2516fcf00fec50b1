/**
 * What the seeds of a soak begin with: those of nobody yet; or, with SEED_PREFIX, the same again. CI takes the name of the code's
 * tree in git: other seeds for every change, and for the same code always the same.
 */
export function seedPrefix(): string {
  return process.env['SEED_PREFIX'] ?? Date.now().toString(36)
}
