export const root: string
export const cacheDir: string
export const modules: string
export function findNode24(): string | undefined
