/** Where this broker answers differently on purpose: which answers (label), what in them (path), and why. */
export const INTENDED = []
