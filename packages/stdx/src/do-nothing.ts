/** What is called when nobody has said what to do. */
export function doNothing(): void {}
