/** Under which key the image holds the credential of a user for one mechanism. */
export function scramKey({ name, mechanism }: { readonly name: string; readonly mechanism: number }): string {
  return `${mechanism}:${name}`
}
